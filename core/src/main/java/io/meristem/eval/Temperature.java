package io.meristem.eval;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

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

    /** Fewer photos settle no temperature: it stays 1. Of four photos, one that is named wrongly by chance would decide everything. */
    public static final int LEAST_PHOTOS = 30;

    /** Photos that the prior weighs as much as, see {@link #fit}. */
    public static final int PRIOR_PHOTOS = 30;

    /** A temperature within this factor of a bound is at it. */
    private static final double AT_BOUND = 1.001;

    /** Bisection ends when the bounds of 1/T agree to as many digits as anybody could use. */
    private static final double PRECISION = 1e-12;

    private static final double LEAST_PROBABILITY = Float.MIN_VALUE;

    /**
     * What was fitted.
     *
     * @param temperature in [{@link #LEAST}, {@link #MOST}]
     * @param note a sentence where the photos do not settle the temperature, or where it lies at a bound; or null
     */
    public record Fit(double temperature, String note) {}

    private Temperature() {}

    /**
     * The temperature of the least negative log likelihood of the photos, drawn towards 1 by a prior: it counts as {@value #PRIOR_PHOTOS} more photos like
     * these whose true classes are as probable as the network says, which are best described at T = 1 (the conjugate prior of the family of distributions
     * that T spans, Diaconis and Ylvisaker 1979). So n photos move the mean of the true classes' logits by n / (n + {@value #PRIOR_PHOTOS}) of what they
     * ask for. The sum is a convex function of 1/T, so the sign of its slope says on which side the minimum lies.
     *
     * <p>T stays 1 where there are fewer than {@value #LEAST_PHOTOS} photos; where all are named rightly, which favours ever smaller temperatures, to
     * certainty; and where they are named worse than by chance, which favours ever larger ones.
     *
     * @param p of validation photos, at temperature 1, all of them answers
     * @throws IllegalArgumentException when there are none
     */
    public static Fit fit(Predictions p) {
        if (p.size() == 0) {
            throw new IllegalArgumentException("no photos to fit a temperature on");
        }
        if (p.size() < LEAST_PHOTOS) {
            return new Fit(
                    1,
                    "There " + (p.size() == 1 ? "is" : "are") + " only " + p.size() + " validation photo"
                            + (p.size() == 1 ? "" : "s") + ", and fewer than " + LEAST_PHOTOS
                            + " do not say how sure to be: the probabilities stay as the network gives them.");
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
        double temperature = fit(logits, p.labels(), PRIOR_PHOTOS);
        if (temperature > LEAST * AT_BOUND && temperature < MOST / AT_BOUND) {
            return new Fit(temperature, null);
        }
        return new Fit(
                temperature,
                String.format(
                        Locale.ROOT,
                        "The temperature lies at a bound of what is fitted, %s to %s: the validation photos ask for more, and the probabilities should not be relied on.",
                        LEAST,
                        (int) MOST));
    }

    /** @param prior photos that the prior weighs as much as; 0 for none */
    static double fit(double[][] logits, int[] labels, double prior) {
        double low = 1 / MOST;
        double high = 1 / LEAST;
        double share = prior / labels.length;
        double atOne = slope(logits, labels, 1);
        while (high - low > PRECISION * high) {
            double middle = (low + high) / 2;
            double slope = slope(logits, labels, middle);
            // The logits of the true classes drop out of the difference: what is left is the prior's slope.
            if (slope + share * (slope - atOne) < 0) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return 2 / (low + high);
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

    /** One photo's probabilities at a temperature; at 1, or where they are no answer, they are as they were. */
    public static float[] apply(float[] probabilities, double temperature) {
        return temperature == 1 || !Predictions.isAnswer(probabilities)
                ? probabilities.clone()
                : floats(softmax(logs(probabilities), 1 / temperature));
    }

    /** Probabilities at temperature 1 of one photo's logits; NaN throughout where a logit is not finite, since that is no answer. */
    public static float[] softmax(float[] logits) {
        if (!Predictions.isAnswer(logits)) {
            float[] none = new float[logits.length];
            Arrays.fill(none, Float.NaN);
            return none;
        }
        double[] row = new double[logits.length];
        for (int c = 0; c < row.length; c++) {
            row[c] = logits[c];
        }
        return floats(softmax(row, 1));
    }

    /** Mean of several views' probabilities of one photo, (views, classes); NaN throughout where one view is no answer. */
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
