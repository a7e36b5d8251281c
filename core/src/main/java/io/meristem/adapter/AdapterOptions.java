package io.meristem.adapter;

/**
 * How an adapter is scaled and regularised.
 *
 * @param alpha LoRA's alpha; 0 means twice the rank, which makes the scale the constant 2
 * @param rankStabilised scale by {@code alpha / sqrt(rank)} (Kalajdzievski 2023) in place of {@code alpha / rank}
 * @param dropout probability with which an entry of the adapter's input is dropped in training
 */
public record AdapterOptions(double alpha, boolean rankStabilised, double dropout) {

    public static final AdapterOptions DEFAULT = new AdapterOptions(0, false, 0);

    public AdapterOptions {
        if (!(alpha >= 0) || Double.isInfinite(alpha)) {
            throw new IllegalArgumentException("alpha must be positive, or 0 for twice the rank, not " + alpha);
        }
        if (!(dropout >= 0 && dropout < 1)) {
            throw new IllegalArgumentException("dropout must lie in [0, 1), not " + dropout);
        }
    }

    /** The factor before {@code B A}. */
    public double scaling(int rank) {
        double a = alpha == 0 ? 2.0 * rank : alpha;
        return rankStabilised ? a / Math.sqrt(rank) : a / rank;
    }
}
