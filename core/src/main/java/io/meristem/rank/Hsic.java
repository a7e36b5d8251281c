package io.meristem.rank;

/**
 * The Hilbert-Schmidt independence criterion of two Gram matrices, and what follows from it. Matrices are n x n, symmetric, row-major in {@code
 * double}.
 */
public final class Hsic {

    private Hsic() {}

    /** The biased estimator {@code tr(K H L H) / (n-1)^2}, {@code H = I - 11'/n} (Gretton et al. 2005; as used by Kornblith et al. 2019). */
    public static double biased(double[] k, double[] l, int n) {
        return dot(centred(k, n), l) / ((n - 1.0) * (n - 1.0));
    }

    /**
     * The unbiased estimator of Song et al. 2012, with the diagonals of K and L set to zero: {@code 1/(n(n-3)) [tr(KL) + (1'K1)(1'L1)/((n-1)(n-2))
     * - 2/(n-2) 1'KL1]}. Adding {@code a_i + a_j} to a Gram matrix, as centring the features does, leaves it unchanged.
     *
     * @throws IllegalArgumentException when n is below 4
     */
    public static double unbiased(double[] k, double[] l, int n) {
        if (n < 4) {
            throw new IllegalArgumentException("the unbiased estimator needs at least 4 samples, not " + n);
        }
        double trace = 0;
        double sumK = 0;
        double sumL = 0;
        double cross = 0;
        for (int i = 0; i < n; i++) {
            double rowK = 0;
            double rowL = 0;
            for (int j = 0; j < n; j++) {
                if (i != j) {
                    trace += k[i * n + j] * l[i * n + j];
                    rowK += k[i * n + j];
                    rowL += l[i * n + j];
                }
            }
            sumK += rowK;
            sumL += rowL;
            cross += rowK * rowL;
        }
        return (trace + sumK * sumL / ((n - 1.0) * (n - 2.0)) - 2 * cross / (n - 2.0)) / (n * (n - 3.0));
    }

    /**
     * How many directions the features use, in [1, n-1]: {@code tr(HLH)^2 / ||HLH||_F^2}. Zero for features that do not vary.
     */
    public static double participationRatio(double[] l, int n) {
        return participationRatioOfCentred(centred(l, n), n);
    }

    /** {@link #participationRatio} of a matrix that is centred already. */
    static double participationRatioOfCentred(double[] c, int n) {
        double trace = 0;
        for (int i = 0; i < n; i++) {
            trace += c[i * n + i];
        }
        double squares = dot(c, c);
        return squares == 0 ? 0 : trace * trace / squares;
    }

    /** {@code H K H}. */
    static double[] centred(double[] k, int n) {
        double[] mean = new double[n];
        double all = 0;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                mean[i] += k[i * n + j] / n;
            }
            all += mean[i] / n;
        }
        double[] c = new double[n * n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                c[i * n + j] = k[i * n + j] - mean[i] - mean[j] + all;
            }
        }
        return c;
    }

    /** {@code tr(A B)} of symmetric matrices. */
    static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }
}
