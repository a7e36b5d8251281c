package io.meristem.eval;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Two classifiers on the same photos.
 *
 * @param both photos that both have right
 * @param first that only the first has right
 * @param second that only the second has right
 * @param neither that none has right
 */
public record Paired(int both, int first, int second, int neither) {

    /** Samples of the bootstrap. */
    public static final int RESAMPLES = 10_000;

    private static final double TAIL = 0.025;

    /** @param a whether the first has each photo right, and {@code b} the second, in the same order */
    public static Paired of(boolean[] a, boolean[] b) {
        if (a.length != b.length || a.length == 0) {
            throw new IllegalArgumentException(a.length + " and " + b.length + " answers");
        }
        int[] counts = new int[4];
        for (int i = 0; i < a.length; i++) {
            counts[(a[i] ? 0 : 2) + (b[i] ? 0 : 1)]++;
        }
        return new Paired(counts[0], counts[1], counts[2], counts[3]);
    }

    public int photos() {
        return both + first + second + neither;
    }

    /** Accuracy of the second less that of the first. */
    public double difference() {
        return (double) (second - first) / photos();
    }

    /**
     * How often chance alone would part the two at least as far: the exact, two-sided test of McNemar (1947). Only photos count that one of them has
     * right and the other wrong; were both equally good, each of these would fall to either with probability one half.
     */
    public double mcnemar() {
        int n = first + second;
        double log = -n * Math.log(2); // of the binomial probability of 0
        double tail = Math.exp(log);
        for (int k = 1; k <= Math.min(first, second); k++) {
            log += Math.log((double) (n - k + 1) / k);
            tail += Math.exp(log);
        }
        return Math.min(1, 2 * tail);
    }

    /**
     * Of the difference: 95 % of the differences in {@value #RESAMPLES} samples of so many photos, drawn from these with replacement, each with both
     * its answers (percentile bootstrap, Efron 1979). It takes the photos as independent of each other.
     */
    public Interval bootstrap(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int n = photos();
        double[] differences = new double[RESAMPLES];
        for (int sample = 0; sample < RESAMPLES; sample++) {
            int sum = 0;
            for (int i = 0; i < n; i++) {
                int drawn = random.nextInt(n);
                sum += drawn < first ? -1 : drawn < first + second ? 1 : 0;
            }
            differences[sample] = (double) sum / n;
        }
        Arrays.sort(differences);
        int cut = (int) (TAIL * RESAMPLES);
        return new Interval(differences[cut], differences[RESAMPLES - 1 - cut]);
    }

    /** p-values of several tests, raised such that seldom any is small by chance (Holm 1979); in the same order. */
    public static double[] holm(double... p) {
        Integer[] order = new Integer[p.length];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, (i, j) -> Double.compare(p[i], p[j]));
        double[] raised = new double[p.length];
        double most = 0;
        for (int k = 0; k < p.length; k++) {
            most = Math.max(most, Math.min(1, (p.length - k) * p[order[k]]));
            raised[order[k]] = most;
        }
        return raised;
    }
}
