package io.meristem.rank;

/**
 * Similarity between what enters a layer and what leaves it, over minibatches: the three terms of centred kernel alignment are averaged over the
 * batches first and divided once (Nguyen et al. 2021), raw (Kornblith et al. 2019) and debiased.
 */
public final class CkaMeter {

    private double rawKL;
    private double rawKK;
    private double rawLL;
    private double debKL;
    private double debKK;
    private double debLL;
    private double spread;
    private int batches;

    /**
     * Adds one batch.
     *
     * @param k Gram matrix of the layer's input, n x n
     * @param l Gram matrix of the layer's output, n x n
     * @param n samples in the batch, at least 4
     * @param outputFeatures width of the output representation, which bounds the number of directions
     */
    public void add(double[] k, double[] l, int n, long outputFeatures) {
        double[] ck = Hsic.centred(k, n);
        double[] cl = Hsic.centred(l, n);
        double squared = (n - 1.0) * (n - 1.0);
        rawKL += Hsic.dot(ck, cl) / squared;
        rawKK += Hsic.dot(ck, ck) / squared;
        rawLL += Hsic.dot(cl, cl) / squared;
        // Centring changes none of these.
        debKL += Hsic.unbiased(ck, cl, n);
        debKK += Hsic.unbiased(ck, ck, n);
        debLL += Hsic.unbiased(cl, cl, n);
        double directions = Math.min(n - 1.0, (double) outputFeatures);
        spread += directions > 1 ? clamp01((Hsic.participationRatioOfCentred(cl, n) - 1) / (directions - 1)) : 0;
        batches++;
    }

    public Similarity result() {
        if (batches == 0) {
            throw new IllegalStateException("no batch was measured");
        }
        return new Similarity(ratio(rawKL, rawKK, rawLL), ratio(debKL, debKK, debLL), spread / batches);
    }

    /** A layer whose input or output does not vary carries no signal: it counts as unchanged. */
    private static double ratio(double kl, double kk, double ll) {
        return kk <= 0 || ll <= 0 ? 1 : clamp01(kl / Math.sqrt(kk * ll));
    }

    private static double clamp01(double value) {
        return Math.max(0, Math.min(1, value));
    }
}
