package io.meristem.tune;

import io.meristem.engine.ComputeDevice;
import io.meristem.engine.Precision;

/**
 * A training, but for its data and network.
 *
 * @param epochs passes over the training photos
 * @param batchSize photos per step
 * @param seed of everything random: the order of photos, augmentation, new weights, dropout
 * @param compute null, as in runs from before there was a choice, means {@link Compute#PLAIN}
 * @param headStart null, as in runs from before there was a choice, means {@link HeadStart#RANDOM}
 * @param onDivergence null, as in runs from before there was a choice, means {@link OnDivergence#STOP}
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
        HeadStart headStart,
        OnDivergence onDivergence) {

    private static final int USUAL_BATCH = 32;

    public TrainConfig {
        if (headStart == null) {
            headStart = HeadStart.RANDOM;
        }
        if (onDivergence == null) {
            onDivergence = OnDivergence.STOP;
        }
        if (compute == null) {
            compute = Compute.PLAIN;
        }
        if (epochs < 1 || batchSize < 1) {
            throw new IllegalArgumentException(
                    "epochs and batch size must be at least 1, not " + epochs + " and " + batchSize);
        }
    }

    /** One that stops when its numbers go wrong. */
    public TrainConfig(
            Method method,
            int epochs,
            int batchSize,
            long seed,
            Optimization optimization,
            HeadPolicy head,
            NormPolicy norm,
            Compute compute,
            HeadStart headStart) {
        this(method, epochs, batchSize, seed, optimization, head, norm, compute, headStart, OnDivergence.STOP);
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

    /** The same with other batches, computed in another way. */
    public TrainConfig with(int newBatchSize, Compute newCompute) {
        return new TrainConfig(
                method, epochs, newBatchSize, seed, optimization, head, norm, newCompute, headStart, onDivergence);
    }

    /** What training {@code method} does when nobody says otherwise; in the precision that this machine is fast at. */
    public static TrainConfig usual(Method method, Preset preset, long seed) {
        return new TrainConfig(
                method,
                preset.epochs,
                USUAL_BATCH,
                seed,
                Optimization.usual(method),
                method instanceof HeadOnly ? HeadPolicy.TRAINED : preset.head,
                NormPolicy.FROZEN,
                new Compute(Precision.best(), ComputeDevice.CPU, false, false));
    }
}
