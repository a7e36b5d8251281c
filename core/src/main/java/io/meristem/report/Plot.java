package io.meristem.report;

import io.meristem.artifact.Json;
import java.util.List;

/**
 * What {@code report.js} draws: series over common abscissae.
 *
 * @param percent whether ordinates are shares, written as percent
 * @param logX whether abscissae are drawn by their logarithm
 * @param fromZero whether ordinates begin at 0, for measures whose ratio counts
 * @param dots points alone, not joined by lines
 * @param xs in ascending order
 * @param marks vertical lines
 */
record Plot(
        String xLabel,
        String yLabel,
        boolean percent,
        boolean fromZero,
        boolean logX,
        boolean dots,
        List<Double> xs,
        List<Series> series,
        List<Mark> marks) {

    /**
     * @param colour number of a colour of the page's palette
     * @param values one per abscissa, null where there is none
     * @param low lower bound of a band around the values, or null
     */
    record Series(String label, int colour, boolean dashed, List<Double> values, List<Double> low, List<Double> high) {

        static Series line(String label, int colour, List<Double> values) {
            return new Series(label, colour, false, values, null, null);
        }
    }

    /**
     * @param colour as of a series, or -1 for grey
     * @param strength in [0, 1]: how plainly it is drawn
     */
    record Mark(double x, int colour, double strength) {}

    /** Fit to stand in a script element: no character in it can end one. */
    String json() {
        return Json.line(this).replace("<", "\\u003c");
    }
}
