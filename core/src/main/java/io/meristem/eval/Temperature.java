package io.meristem.eval;

import java.util.List;

/**
 * Temperature scaling: all logits are divided by one number T, chosen so that the true classes of photos that were not trained on become as likely
 * as possible (Guo, Pleiss, Sun, Weinberger 2017, "On calibration of modern neural networks", section 4.2). It never changes which class is the most
 * probable one. As logits are log probabilities but for a constant, probabilities serve in their place.
 */
public final class Temperature {

    /** No temperature is fitted beyond these: farther out the answers are certain, or all alike, to the last digit. */
    public static final double LEAST = 0.01;

    /** See {@link #LEAST}. */
    public static final double MOST = 100;

    /** Bisection ends when the bounds of 1/T agree to as many digits as anybody could use. */
    private static final double PRECISION = 1e-12;

    private static final double LEAST_PROBABILITY = Float.MIN_VALUE;

    /**
     * What was fitted.
     *
     * @param temperature in [{@link #LEAST}, {@link #MOST}]
     * @param note a sentence where the photos do not settle the temperature, or null
     */
    public record Fit(double temperature, String note) {}

    private Temperature() {}

    /**
     * The temperature of the least mean negative log likelihood. That is a convex function of 1/T, so the sign of its slope says on which side the
     * minimum lies. Photos that are all named rightly favour ever smaller temperatures, to certainty, and photos named worse than by chance ever
     * larger ones; such photos leave the temperature at 1.
     *
     * @param p of validation photos, at temperature 1
     * @throws IllegalArgumentException when there are none
     */
    public static Fit fit(Predictions p) {
        if (p.size() == 0) {
            throw new IllegalArgumentException("no photos to fit a temperature on");
        }
        double[][] logits = new double[p.size()][];
        int wrong = 0;
        for (int i = 0; i < logits.length; i++) {
            logits[i] = logs(p.probabilities()[i]);
            wrong += p.top(i) == p.labels()[i] ? 0 : 1;
        }
        if (wrong == 0) {
            return new Fit(
                    1,
                    "All validation photos are named rightly: they do not say how sure to be, and the"
                            + " probabilities stay as the network gives them.");
        }
        if (slope(logits, p.labels(), 0) >= 0) {
            return new Fit(
                    1,
                    "The validation photos are named no better than by chance: the probabilities stay as the"
                            + " network gives them.");
        }
        double low = 1 / MOST;
        double high = 1 / LEAST;
        while (high - low > PRECISION * high) {
            double middle = (low + high) / 2;
            if (slope(logits, p.labels(), middle) < 0) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return new Fit(2 / (low + high), null);
    }

    /** Derivative of the mean negative log likelihood by {@code inverse} = 1/T: the mean logit under the probabilities less that of the true class. */
    private static double slope(double[][] logits, int[] labels, double inverse) {
        double sum = 0;
        for (int i = 0; i < labels.length; i++) {
            double[] row = logits[i];
            double[] q = softmax(row, inverse);
            double expected = 0;
            for (int c = 0; c < row.length; c++) {
                expected += q[c] * row[c];
            }
            sum += expected - row[labels[i]];
        }
        return sum / labels.length;
    }

    /** The same answers at a temperature. */
    public static Predictions apply(Predictions p, double temperature) {
        float[][] rows = new float[p.size()][];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = apply(p.probabilities()[i], temperature);
        }
        return new Predictions(rows, p.labels(), p.photos());
    }

    /** One photo's probabilities at a temperature; at 1 they are as they were. */
    public static float[] apply(float[] probabilities, double temperature) {
        return temperature == 1 ? probabilities.clone() : floats(softmax(logs(probabilities), 1 / temperature));
    }

    /** Probabilities at temperature 1 of one photo's logits. */
    public static float[] softmax(float[] logits) {
        double[] row = new double[logits.length];
        for (int c = 0; c < row.length; c++) {
            row[c] = logits[c];
        }
        return floats(softmax(row, 1));
    }

    /** Mean of several views' probabilities of one photo, (views, classes). */
    public static float[] mean(List<float[]> views) {
        double[] sum = new double[views.get(0).length];
        for (float[] view : views) {
            for (int c = 0; c < sum.length; c++) {
                sum[c] += view[c] / views.size();
            }
        }
        return floats(sum);
    }

    private static double[] softmax(double[] row, double inverse) {
        double most = Double.NEGATIVE_INFINITY;
        for (double z : row) {
            most = Math.max(most, z);
        }
        double[] q = new double[row.length];
        double total = 0;
        for (int c = 0; c < q.length; c++) {
            q[c] = Math.exp((row[c] - most) * inverse);
            total += q[c];
        }
        for (int c = 0; c < q.length; c++) {
            q[c] /= total;
        }
        return q;
    }

    private static double[] logs(float[] probabilities) {
        double[] row = new double[probabilities.length];
        for (int c = 0; c < row.length; c++) {
            row[c] = Math.log(Math.max(probabilities[c], LEAST_PROBABILITY));
        }
        return row;
    }

    private static float[] floats(double[] values) {
        float[] row = new float[values.length];
        for (int c = 0; c < row.length; c++) {
            row[c] = (float) values[c];
        }
        return row;
    }
}
