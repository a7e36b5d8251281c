package io.meristem.data.check;

import java.util.List;

/**
 * How well a small model tells the classes apart from one thing alone that should not tell, cross-validated.
 *
 * @param kind what it saw
 * @param photos how many it was judged on, copies left out
 * @param folds of the cross-validation
 * @param accuracy share of them that was named rightly
 * @param majority share that always answering the largest class gets
 * @param classes class by class
 */
public record Probe(Kind kind, int photos, int folds, double accuracy, double majority, List<ClassScore> classes) {

    /** What a probe sees of a photo. */
    public enum Kind {
        /** The outermost 1/16 on each side, squeezed to 32 x 32 pixels: which colours there are, not where. */
        BORDER("border pixels"),
        /** The middle, half as wide and high, likewise; the innocent one, to compare the border with. */
        CENTRE("middle, to compare"),
        /** The mean colour of the whole photo. */
        COLOUR("mean colour"),
        /** Width, height and shape. */
        SIZE("size and shape");

        private final String label;

        Kind(String label) {
            this.label = label;
        }

        /** For people. */
        public String label() {
            return label;
        }
    }

    /**
     * How one class fared.
     *
     * @param name of the class
     * @param photos of it
     * @param recall the share of them that was named so
     * @param precision of the photos that were named so, the share that is; 0 when none was
     * @param falseAlarms of the photos of other classes, the share that was named so
     */
    public record ClassScore(String name, int photos, double recall, double precision, double falseAlarms) {

        /** The harmonic mean of recall and precision. */
        public double f1() {
            return recall + precision == 0 ? 0 : 2 * recall * precision / (recall + precision);
        }

        boolean found(double least) {
            return recall >= least && precision >= least && recall - falseAlarms >= least - 0.2;
        }
    }

    public Probe {
        classes = List.copyOf(classes);
    }
}
