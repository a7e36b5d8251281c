package io.meristem.tune;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Setting;
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
 * @param trainNorm what of the normalisation trains beside a low-rank method; null, as in runs from before there was a choice, means {@link NormTraining#NONE}
 * @param ema how much of the {@linkplain Averages averaged} weights each step keeps at the most, in [0, 1); 0, or null as in runs from before there was a choice, for
 *     no averaging
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
        OnDivergence onDivergence,
        NormTraining trainNorm,
        Double ema) {

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
        if (trainNorm == null) {
            trainNorm = NormTraining.NONE;
        }
        if (ema == null) {
            ema = 0.0;
        }
        requireSense(method, optimization, trainNorm, ema);
        if (epochs < 1 || batchSize < 1) {
            throw InputException.ofSettings(
                    ErrorCode.OUT_OF_RANGE,
                    "%s and %s must be at least 1, not %s and %s",
                    Setting.EPOCHS,
                    Setting.BATCH_SIZE,
                    epochs,
                    batchSize);
        }
    }

    private static void requireSense(Method method, Optimization optimization, NormTraining trainNorm, double ema) {
        if (!(ema >= 0 && ema < 1)) {
            throw InputException.ofSettings(
                    ErrorCode.OUT_OF_RANGE,
                    "%s must lie in [0, 1), where 0 is for none, not %s",
                    Setting.EMA.the(),
                    ema);
        }
        if (method == null || optimization == null) {
            return; // refused by whoever needs it
        }
        if (trainNorm != NormTraining.NONE && !method.isLowRank()) {
            if (method instanceof FullTuning) {
                throw InputException.ofSettings(
                        ErrorCode.CONFLICTING_SETTINGS,
                        "full fine-tuning trains scales and biases of normalisation in any case: leave %s out",
                        Setting.TRAIN_NORM.the());
            }
            throw InputException.ofSettings(
                    ErrorCode.CONFLICTING_SETTINGS,
                    "the method head trains the head and nothing else: leave %s out, or use %s with %s",
                    Setting.TRAIN_NORM.the(),
                    Setting.METHOD.the("lora"),
                    Setting.RANK.as(0));
        }
        if (method instanceof Lora lora && lora.rank() == 0 && trainNorm == NormTraining.NONE) {
            throw InputException.ofSettings(
                    ErrorCode.OUT_OF_RANGE,
                    "the rank must be at least 1, not 0, where nothing trains beside the factors: give another rank, or %s or affine",
                    Setting.TRAIN_NORM.the("bias"));
        }
        if (optimization.normRate() != null && trainNorm == NormTraining.NONE) {
            throw InputException.ofSettings(
                    ErrorCode.CONFLICTING_SETTINGS,
                    "nothing of the normalisation trains beside the method, so it has no learning rate: leave %s out, or give %s or affine",
                    Setting.NORM_RATE.the(),
                    Setting.TRAIN_NORM.the("bias"));
        }
        if (optimization.lrRatio() != 1 && !method.hasRates()) {
            if (method instanceof AdaLora) {
                throw InputException.ofSettings(
                        ErrorCode.CONFLICTING_SETTINGS,
                        "AdaLoRA's P and Q start alike, so one is not to be faster than the other: leave %s out",
                        Setting.LR_RATIO.the());
            }
            throw InputException.ofSettings(
                    ErrorCode.CONFLICTING_SETTINGS,
                    "the method %s has no factors A and B with rates of their own: leave %s out",
                    method.label(),
                    Setting.LR_RATIO.the());
        }
    }

    /**
     * The factor of the schedule on the learning rates.
     *
     * @param progress epochs done, a fraction, when the step begins
     */
    double factor(double progress) {
        return optimization.factor(progress, epochs, method.heldShare() * epochs);
    }

    /** The method's name with what trains beside it. */
    public String label() {
        return label(method.label());
    }

    /** The same where the method goes by another name. */
    public String label(String ofMethod) {
        return ofMethod + trainNorm.suffix();
    }

    /** A training whose head trains in full, from random numbers, with everything else frozen; in float32. */
    public static TrainConfig of(Method method, int epochs, int batchSize, long seed, Optimization optimization) {
        return builder(method, epochs, batchSize, seed, optimization).build();
    }

    /** Begins with what {@link #of} gives. */
    public static Builder builder(Method method, int epochs, int batchSize, long seed, Optimization optimization) {
        return new Builder(method, epochs, batchSize, seed, optimization);
    }

    /** Begins with this one. */
    public Builder toBuilder() {
        return new Builder(method, epochs, batchSize, seed, optimization)
                .head(head)
                .norm(norm)
                .compute(compute)
                .headStart(headStart)
                .onDivergence(onDivergence)
                .trainNorm(trainNorm)
                .ema(ema);
    }

    /** The same with other batches, computed in another way. */
    public TrainConfig with(int newBatchSize, Compute newCompute) {
        return toBuilder().batchSize(newBatchSize).compute(newCompute).build();
    }

    /** The same, moved otherwise. */
    public TrainConfig with(Optimization other) {
        return toBuilder().optimization(other).build();
    }

    /** The same with something training beside a low-rank method, and averaged weights. */
    public TrainConfig with(NormTraining newTrainNorm, double newEma) {
        return toBuilder().trainNorm(newTrainNorm).ema(newEma).build();
    }

    /** What training {@code method} does when nobody says otherwise; in the precision that this machine is fast at. */
    public static TrainConfig usual(Method method, Preset preset, long seed) {
        return builder(method, preset.epochs, preset.batchSize, seed, Optimization.usual(method, preset))
                .head(method instanceof HeadOnly ? HeadPolicy.TRAINED : preset.head)
                .compute(new Compute(Precision.best(), ComputeDevice.CPU, false, false))
                .trainNorm(method.isLowRank() ? preset.trainNorm : NormTraining.NONE)
                .ema(preset.ema)
                .build();
    }

    /** Collects settings; {@link #build} says whether they make sense together. */
    public static final class Builder {

        private final Method method;
        private final int epochs;
        private int batchSize;
        private final long seed;
        private Optimization optimization;
        private HeadPolicy head = HeadPolicy.TRAINED;
        private NormPolicy norm = NormPolicy.FROZEN;
        private Compute compute = Compute.PLAIN;
        private HeadStart headStart = HeadStart.RANDOM;
        private OnDivergence onDivergence = OnDivergence.STOP;
        private NormTraining trainNorm = NormTraining.NONE;
        private double ema;

        private Builder(Method method, int epochs, int batchSize, long seed, Optimization optimization) {
            this.method = method;
            this.epochs = epochs;
            this.batchSize = batchSize;
            this.seed = seed;
            this.optimization = optimization;
        }

        public Builder batchSize(int photos) {
            batchSize = photos;
            return this;
        }

        public Builder optimization(Optimization how) {
            optimization = how;
            return this;
        }

        public Builder head(HeadPolicy policy) {
            head = policy;
            return this;
        }

        public Builder norm(NormPolicy policy) {
            norm = policy;
            return this;
        }

        public Builder compute(Compute how) {
            compute = how;
            return this;
        }

        public Builder headStart(HeadStart start) {
            headStart = start;
            return this;
        }

        public Builder onDivergence(OnDivergence what) {
            onDivergence = what;
            return this;
        }

        public Builder trainNorm(NormTraining what) {
            trainNorm = what;
            return this;
        }

        /** Sets how much of the averaged weights each step keeps; 0 for no averaging. */
        public Builder ema(double decay) {
            ema = decay;
            return this;
        }

        /** @throws InputException when settings do not go together */
        public TrainConfig build() {
            return new TrainConfig(
                    method,
                    epochs,
                    batchSize,
                    seed,
                    optimization,
                    head,
                    norm,
                    compute,
                    headStart,
                    onDivergence,
                    trainNorm,
                    ema);
        }
    }
}
