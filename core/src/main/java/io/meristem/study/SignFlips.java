package io.meristem.study;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Whether paired differences have a mean other than zero: Fisher's permutation test, which asks how often random signs would give a mean at least as far
 * from zero. It assumes nothing about the differences' distribution but symmetry; with n pairs no p below {@code 2^(1-n)} is possible.
 */
final class SignFlips {

    /** More pairs than this are judged on a sample of the signs. */
    private static final int MOST_EXACT = 20;

    private static final int SAMPLE = 1 << MOST_EXACT;

    /** Sums of the same numbers in another order differ by rounding. */
    private static final double ROUNDING = 1e-9;

    private final double[] differences;

    /** @param differences at least one */
    SignFlips(double... differences) {
        this.differences = differences.clone();
    }

    /** Two-sided. */
    double p() {
        int n = differences.length;
        double seen = Math.abs(Arrays.stream(differences).sum()) - ROUNDING;
        boolean exact = n <= MOST_EXACT;
        int tries = exact ? 1 << n : SAMPLE;
        SplittableRandom random = new SplittableRandom(0);
        int extreme = 0;
        for (int t = 0; t < tries; t++) {
            double sum = 0;
            for (int i = 0; i < n; i++) {
                boolean minus = exact ? (t >> i & 1) == 1 : random.nextBoolean();
                sum += minus ? -differences[i] : differences[i];
            }
            if (Math.abs(sum) >= seen) {
                extreme++;
            }
        }
        return (double) extreme / tries;
    }
}
