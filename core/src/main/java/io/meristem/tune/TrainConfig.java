package io.meristem.tune;

/**
 * A training, but for its data and network.
 *
 * @param epochs passes over the training photos
 * @param batchSize photos per step
 * @param seed of everything random: the order of photos, augmentation, new weights, dropout
 * @param compute null, as in runs from before there was a choice, means {@link Compute#PLAIN}
 * @param headStart null, as in runs from before there was a choice, means {@link HeadStart#RANDOM}
 */
public record TrainConfig(
        Method method,
        int epochs,
        int batchSize,
        long seed,
        Optimization optimization,
        HeadPolicy head,
        NormPolicy norm,
        Compute compute,
        HeadStart headStart) {

    public TrainConfig {
        if (headStart == null) {
            headStart = HeadStart.RANDOM;
        }
        if (compute == null) {
            compute = Compute.PLAIN;
        }
        if (epochs < 1 || batchSize < 1) {
            throw new IllegalArgumentException(
                    "epochs and batch size must be at least 1, not " + epochs + " and " + batchSize);
        }
    }

    /** With a head that starts at random. */
    public TrainConfig(
            Method method,
            int epochs,
            int batchSize,
            long seed,
            Optimization optimization,
            HeadPolicy head,
            NormPolicy norm,
            Compute compute) {
        this(method, epochs, batchSize, seed, optimization, head, norm, compute, HeadStart.RANDOM);
    }
}
