package io.meristem.eval;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;

/** What is left, and how good it is, when answers below a probability are withheld. */
public final class Coverage {

    /** Thresholds that tables show. */
    private static final double[] USUAL = {0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99};

    /** Points of a curve. */
    private static final int STEPS = 50;

    /**
     * At one threshold.
     *
     * @param threshold least probability of an answer that is given
     * @param photos all of them
     * @param answered of these
     * @param right of the answered
     */
    public record Point(double threshold, int photos, int answered, int right) {

        /** Share of the photos that are answered. */
        public double coverage() {
            return photos == 0 ? 0 : (double) answered / photos;
        }

        /** Share of the answers that are right; null when none is given. */
        public Double accuracy() {
            return answered == 0 ? null : (double) right / answered;
        }
    }

    private Coverage() {}

    public static Point at(Predictions p, double threshold) {
        int answered = 0;
        int right = 0;
        for (int i = 0; i < p.size(); i++) {
            if (p.confidence(i) >= threshold) {
                answered++;
                right += p.top(i) == p.labels()[i] ? 1 : 0;
            }
        }
        return new Point(threshold, p.size(), answered, right);
    }

    /** At the usual thresholds, for a table. */
    public static List<Point> table(Predictions p) {
        return Arrays.stream(USUAL).mapToObj(threshold -> at(p, threshold)).toList();
    }

    /** Answering from few photos to all, for a curve; coverage ascends. */
    public static List<Point> curve(Predictions p) {
        double[] sorted = confidences(p);
        List<Point> points = new ArrayList<>();
        int last = 0;
        for (int step = 1; step <= STEPS && p.size() > 0; step++) {
            int count = Math.max(1, (int) Math.round((double) step * p.size() / STEPS));
            Point point = at(p, sorted[p.size() - count]);
            if (point.answered() > last) {
                points.add(point);
                last = point.answered();
            }
        }
        return points;
    }

    /**
     * The least threshold at which at least so large a share of the answers is right; empty when there is none.
     *
     * @param p of photos that neither training nor the measurement of the result uses: validation photos
     */
    public static OptionalDouble threshold(Predictions p, double accuracy) {
        for (double confidence : confidences(p)) {
            Point point = at(p, confidence);
            if (point.right() >= accuracy * point.answered()) {
                return OptionalDouble.of(confidence);
            }
        }
        return OptionalDouble.empty();
    }

    /** In ascending order. */
    private static double[] confidences(Predictions p) {
        double[] sorted = new double[p.size()];
        for (int i = 0; i < sorted.length; i++) {
            sorted[i] = p.confidence(i);
        }
        Arrays.sort(sorted);
        return sorted;
    }
}
