package io.meristem.eval;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Whether paired differences have a mean other than zero: Fisher's permutation test, which asks how often random signs would give a mean at least as far
 * from zero. It assumes nothing about the differences' distribution but symmetry; with n pairs no p below {@code 2^(1-n)} is possible.
 */
public final class SignFlips {

    /** More pairs than this are judged on a sample of the signs. */
    private static final int MOST_EXACT = 20;

    private static final int SAMPLE = 1 << MOST_EXACT;

    /** Sums of the same numbers in another order differ by rounding: by less than this share of the sum of their sizes. */
    private static final double ROUNDING = 1e-12;

    private final double[] differences;

    /** @param differences at least one, times the weights of their pairs where these differ */
    public SignFlips(double... differences) {
        this.differences = differences.clone();
    }

    /**
     * Two-sided: exact for up to {@value #MOST_EXACT} pairs; for more, from a sample of signs that is the same at each call and counts the signs as they are
     * (Phipson and Smyth 2010), so that it is never 0.
     */
    public double p() {
        int n = differences.length;
        double size = Arrays.stream(differences).map(Math::abs).sum();
        double seen = Math.abs(Arrays.stream(differences).sum()) - ROUNDING * size;
        boolean exact = n <= MOST_EXACT;
        int tries = exact ? 1 << n : SAMPLE;
        SplittableRandom random = new SplittableRandom(0);
        int extreme = 0;
        for (int t = 0; t < tries; t++) {
            double sum = 0;
            long signs = t;
            for (int i = 0; i < n; i++) {
                if (!exact && i % Long.SIZE == 0) {
                    signs = random.nextLong();
                }
                sum += (signs & 1) == 1 ? -differences[i] : differences[i];
                signs >>>= 1;
            }
            if (Math.abs(sum) >= seen) {
                extreme++;
            }
        }
        return exact ? (double) extreme / tries : (extreme + 1.0) / (tries + 1.0);
    }
}
