package io.meristem.tune;

/** How good predictions of left-out photos are as logits, once multiplied by the one factor that serves them best. */
final class LeaveOneOut {

    private static final double LEAST_SCALE = 0.1;

    /** Classes that are told apart without an error would ask for an infinite one, and then nothing would be left to learn. */
    private static final double GREATEST_SCALE = 32;

    private static final double GOLDEN = (Math.sqrt(5) - 1) / 2;
    private static final double PRECISE = 1e-3;

    private final double[] predictions;
    private final int[] labels;
    private final int classes;
    private final double scale;
    private final double loss;

    /** @param predictions (N, classes), row by row */
    LeaveOneOut(double[] predictions, int[] labels, int classes) {
        this.predictions = predictions;
        this.labels = labels;
        this.classes = classes;
        this.scale = bestScale();
        this.loss = crossEntropy(scale);
    }

    double scale() {
        return scale;
    }

    /** Mean cross entropy with that scale, nats. */
    double loss() {
        return loss;
    }

    /** Share of photos whose largest prediction is that of their class. */
    double accuracy() {
        int right = 0;
        for (int i = 0; i < labels.length; i++) {
            int best = 0;
            for (int c = 1; c < classes; c++) {
                if (predictions[i * classes + c] > predictions[i * classes + best]) {
                    best = c;
                }
            }
            right += best == labels[i] ? 1 : 0;
        }
        return (double) right / labels.length;
    }

    /** Golden section on the logarithm; the loss is convex in the scale. */
    private double bestScale() {
        double low = Math.log(LEAST_SCALE);
        double high = Math.log(GREATEST_SCALE);
        double left = high - GOLDEN * (high - low);
        double right = low + GOLDEN * (high - low);
        double atLeft = crossEntropy(Math.exp(left));
        double atRight = crossEntropy(Math.exp(right));
        while (high - low > PRECISE) {
            if (atLeft <= atRight) {
                high = right;
                right = left;
                atRight = atLeft;
                left = high - GOLDEN * (high - low);
                atLeft = crossEntropy(Math.exp(left));
            } else {
                low = left;
                left = right;
                atLeft = atRight;
                right = low + GOLDEN * (high - low);
                atRight = crossEntropy(Math.exp(right));
            }
        }
        return Math.exp((low + high) / 2);
    }

    private double crossEntropy(double factor) {
        double sum = 0;
        for (int i = 0; i < labels.length; i++) {
            double most = Double.NEGATIVE_INFINITY;
            for (int c = 0; c < classes; c++) {
                most = Math.max(most, factor * predictions[i * classes + c]);
            }
            double total = 0;
            for (int c = 0; c < classes; c++) {
                total += Math.exp(factor * predictions[i * classes + c] - most);
            }
            sum += most + Math.log(total) - factor * predictions[i * classes + labels[i]];
        }
        return sum / labels.length;
    }
}
