package io.meristem.tune;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Setting;

/**
 * How parameters are moved.
 *
 * @param rate learning rate of adapters, and of what trains beside them (or of all weights in full fine-tuning), after warm-up
 * @param headRate learning rate of a head that trains in full
 * @param momentum of SGD (Nesterov); AdamW uses (0.9, 0.999)
 * @param warmupEpochs during which the rates grow linearly from zero; may be a fraction
 * @param clipNorm greatest L2 norm of all gradients together; 0 for no clipping
 * @param labelSmoothing in [0, 1)
 * @param classWeights weigh each class by the inverse of its share of the training photos, mean 1
 * @param normRate learning rate of what trains of the normalisation beside adapters; null for that of the adapters
 * @param lrRatio learning rate of B over {@code rate}, which is then A's alone (Hayou et al. 2024, LoRA+); null, as in runs from before there was a choice, means 1
 */
public record Optimization(
        Kind kind,
        double rate,
        double headRate,
        double weightDecay,
        double momentum,
        Schedule schedule,
        double warmupEpochs,
        double clipNorm,
        double labelSmoothing,
        boolean classWeights,
        Double lrRatio,
        @JsonInclude(JsonInclude.Include.NON_NULL) Double normRate) {

    /** The rule. */
    public enum Kind {
        ADAMW,
        SGD
    }

    /** How the rates go after the warm-up. */
    public enum Schedule {
        /** Half a cosine from the full rate to zero over all epochs. */
        COSINE,
        CONSTANT
    }

    /** Suits a head that trains in full, with AdamW. */
    public static final double HEAD_RATE = 2e-3;

    /** What a training of {@code method} does when nobody says otherwise. */
    public static Optimization usual(Method method, Preset preset) {
        return new Optimization(
                Kind.ADAMW,
                method.usualRate(),
                HEAD_RATE,
                0.01,
                0.9,
                Schedule.COSINE,
                0.5,
                1,
                0,
                false,
                method.hasRates() ? preset.lrRatio : 1.0,
                null);
    }

    /** With one rate for A and B. */
    public Optimization(
            Kind kind,
            double rate,
            double headRate,
            double weightDecay,
            double momentum,
            Schedule schedule,
            double warmupEpochs,
            double clipNorm,
            double labelSmoothing,
            boolean classWeights) {
        this(
                kind,
                rate,
                headRate,
                weightDecay,
                momentum,
                schedule,
                warmupEpochs,
                clipNorm,
                labelSmoothing,
                classWeights,
                1.0,
                null);
    }

    /** The same at another rate of adapters, or of all weights. */
    public Optimization withRate(double other) {
        return new Optimization(
                kind,
                other,
                headRate,
                weightDecay,
                momentum,
                schedule,
                warmupEpochs,
                clipNorm,
                labelSmoothing,
                classWeights,
                lrRatio,
                normRate);
    }

    /** The same with another rate of B over that of A. */
    public Optimization withLrRatio(double other) {
        return new Optimization(
                kind,
                rate,
                headRate,
                weightDecay,
                momentum,
                schedule,
                warmupEpochs,
                clipNorm,
                labelSmoothing,
                classWeights,
                other,
                normRate);
    }

    /** The same with a rate of its own for what trains of the normalisation. */
    public Optimization withNormRate(Double other) {
        return new Optimization(
                kind,
                rate,
                headRate,
                weightDecay,
                momentum,
                schedule,
                warmupEpochs,
                clipNorm,
                labelSmoothing,
                classWeights,
                lrRatio,
                other);
    }

    /** Of what trains of the normalisation: {@link #normRate}, or the adapters' {@link #rate} where there is none. */
    public double rateOfNorms() {
        return normRate == null ? rate : normRate;
    }

    /** AdamW at one rate from the first step to the last, with nothing else: for benchmarks and comparisons. */
    public static Optimization plain(double rate) {
        return new Optimization(Kind.ADAMW, rate, rate, 0, 0, Schedule.CONSTANT, 0, 0, 0, false);
    }

    public Optimization {
        if (lrRatio == null) {
            lrRatio = 1.0;
        }
        if (!(lrRatio > 0) || Double.isInfinite(lrRatio)) {
            throw InputException.ofSettings(
                    ErrorCode.OUT_OF_RANGE, "%s of B over A must be positive, not %s", Setting.LR_RATIO.the(), lrRatio);
        }
        if (!(rate > 0 && headRate > 0) || Double.isInfinite(rate) || Double.isInfinite(headRate)) {
            throw InputException.ofSettings(
                    ErrorCode.OUT_OF_RANGE,
                    "%s and %s must be positive, not %s and %s",
                    Setting.RATE.the(),
                    Setting.HEAD_RATE.the(),
                    rate,
                    headRate);
        }
        if (normRate != null && (!(normRate > 0) || Double.isInfinite(normRate))) {
            throw InputException.ofSettings(
                    ErrorCode.OUT_OF_RANGE, "%s must be positive, not %s", Setting.NORM_RATE.the(), normRate);
        }
        if (!(weightDecay >= 0 && warmupEpochs >= 0 && clipNorm >= 0)
                || Double.isInfinite(weightDecay + warmupEpochs + clipNorm)) {
            throw InputException.ofSettings(
                    ErrorCode.OUT_OF_RANGE,
                    "%s, %s and %s must be finite and not negative, not %s, %s and %s",
                    Setting.WEIGHT_DECAY,
                    Setting.WARMUP_EPOCHS,
                    Setting.CLIP,
                    weightDecay,
                    warmupEpochs,
                    clipNorm);
        }
        if (!(momentum >= 0 && momentum < 1)) {
            throw InputException.ofSettings(
                    ErrorCode.OUT_OF_RANGE, "%s must lie in [0, 1), not %s", Setting.MOMENTUM, momentum);
        }
        if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
            throw InputException.ofSettings(
                    ErrorCode.OUT_OF_RANGE, "%s must lie in [0, 1), not %s", Setting.LABEL_SMOOTHING, labelSmoothing);
        }
    }

    /**
     * The factor on the learning rates.
     *
     * @param progress epochs done, a fraction, when the step begins
     */
    public double factor(double progress, int epochs) {
        return factor(progress, epochs, 0);
    }

    /**
     * The same where the rates do not fall at first.
     *
     * @param held epochs, a fraction, before which they stay at their greatest
     */
    public double factor(double progress, int epochs, double held) {
        double warm = warmupEpochs > 0 ? Math.min(1, progress / warmupEpochs) : 1;
        double top = Math.max(warmupEpochs, held);
        if (schedule == Schedule.CONSTANT || progress < top) {
            return warm;
        }
        double done = (progress - top) / Math.max(epochs - top, 1e-9);
        return 0.5 * (1 + Math.cos(Math.PI * Math.min(1, done)));
    }
}
