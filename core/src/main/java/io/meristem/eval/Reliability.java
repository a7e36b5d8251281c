package io.meristem.eval;

import java.util.ArrayList;
import java.util.List;

/**
 * Whether answers are right as often as their probability says.
 *
 * @param photos how many were judged
 * @param confidence mean probability of the class named
 * @param accuracy share of the photos named rightly
 * @param calibrationError expected calibration error: over the bins, the mean distance of confidence and accuracy, each bin by its photos (Guo et
 *     al. 2017, section 2; Naeini, Cooper, Hauskrecht 2015). With few photos it is above 0 for perfect probabilities too.
 * @param logLoss mean negative log probability of the true class, in nats
 * @param bins {@value #BINS}, from the least confidence to the greatest
 */
public record Reliability(
        int photos, double confidence, double accuracy, double calibrationError, double logLoss, List<Bin> bins) {

    /** As many as Guo et al. use, all as wide. */
    public static final int BINS = 15;

    /**
     * The photos whose confidence is above {@code from} and at most {@code to}.
     *
     * @param confidence their mean; 0 when there are none
     * @param accuracy likewise
     */
    public record Bin(double from, double to, int photos, double confidence, double accuracy) {}

    private static final double LEAST_PROBABILITY = 1e-12;

    public static Reliability of(Predictions p) {
        int[] counts = new int[BINS];
        double[] sums = new double[BINS];
        int[] rights = new int[BINS];
        double loss = 0;
        for (int i = 0; i < p.size(); i++) {
            double confidence = p.confidence(i);
            int bin = Math.max(0, Math.min(BINS, (int) Math.ceil(confidence * BINS)) - 1);
            counts[bin]++;
            sums[bin] += confidence;
            rights[bin] += p.top(i) == p.labels()[i] ? 1 : 0;
            loss -= Math.log(Math.max(p.probabilities()[i][p.labels()[i]], LEAST_PROBABILITY));
        }
        int total = Math.max(1, p.size());
        List<Bin> bins = new ArrayList<>();
        double error = 0;
        double confidence = 0;
        int right = 0;
        for (int b = 0; b < BINS; b++) {
            int some = Math.max(1, counts[b]);
            bins.add(new Bin(
                    (double) b / BINS, (double) (b + 1) / BINS, counts[b], sums[b] / some, (double) rights[b] / some));
            error += Math.abs(sums[b] - rights[b]) / total;
            confidence += sums[b];
            right += rights[b];
        }
        return new Reliability(
                p.size(), confidence / total, (double) right / total, error, loss / total, List.copyOf(bins));
    }
}
