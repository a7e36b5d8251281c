package io.meristem.tune;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Setting;
import java.util.function.Consumer;

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
        return plain(method.usualRate())
                .withHeadRate(HEAD_RATE)
                .withWeightDecay(0.01)
                .withMomentum(0.9)
                .withSchedule(Schedule.COSINE)
                .withWarmup(0.5)
                .withClipNorm(1)
                .withLrRatio(method.hasRates() ? preset.lrRatio : 1.0);
    }

    /** AdamW at one rate from the first step to the last, with nothing else: for benchmarks and comparisons, and to begin with. */
    public static Optimization plain(double rate) {
        return new Optimization(Kind.ADAMW, rate, rate, 0, 0, Schedule.CONSTANT, 0, 0, 0, false, 1.0, null);
    }

    /** The same by another rule. */
    public Optimization withKind(Kind newKind) {
        return changed(draft -> draft.kind = newKind);
    }

    /** The same at another rate of adapters, or of all weights. */
    public Optimization withRate(double newRate) {
        return changed(draft -> draft.rate = newRate);
    }

    /** The same at another rate of a head that trains in full. */
    public Optimization withHeadRate(double newHeadRate) {
        return changed(draft -> draft.headRate = newHeadRate);
    }

    /** The same with another weight decay. */
    public Optimization withWeightDecay(double newWeightDecay) {
        return changed(draft -> draft.weightDecay = newWeightDecay);
    }

    /** The same with another momentum of SGD. */
    public Optimization withMomentum(double newMomentum) {
        return changed(draft -> draft.momentum = newMomentum);
    }

    /** The same with rates that go otherwise after the warm-up. */
    public Optimization withSchedule(Schedule newSchedule) {
        return changed(draft -> draft.schedule = newSchedule);
    }

    /** The same with a warm-up of so many epochs. */
    public Optimization withWarmup(double newWarmupEpochs) {
        return changed(draft -> draft.warmupEpochs = newWarmupEpochs);
    }

    /** The same with gradients held to another norm; 0 for any. */
    public Optimization withClipNorm(double newClipNorm) {
        return changed(draft -> draft.clipNorm = newClipNorm);
    }

    /** The same with labels smoothed otherwise. */
    public Optimization withLabelSmoothing(double newLabelSmoothing) {
        return changed(draft -> draft.labelSmoothing = newLabelSmoothing);
    }

    /** The same with classes weighted by their shares, or all alike. */
    public Optimization withClassWeights(boolean newClassWeights) {
        return changed(draft -> draft.classWeights = newClassWeights);
    }

    /** The same with another rate of B over that of A. */
    public Optimization withLrRatio(double newLrRatio) {
        return changed(draft -> draft.lrRatio = newLrRatio);
    }

    /** The same with a rate of its own for what trains of the normalisation; null for that of the adapters. */
    public Optimization withNormRate(Double newNormRate) {
        return changed(draft -> draft.normRate = newNormRate);
    }

    private Optimization changed(Consumer<Draft> change) {
        Draft draft = new Draft(this);
        change.accept(draft);
        return draft.done();
    }

    /** Of what trains of the normalisation: {@link #normRate}, or the adapters' {@link #rate} where there is none. */
    public double rateOfNorms() {
        return normRate == null ? rate : normRate;
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

    /** A copy of which one thing is changed. */
    private static final class Draft {
        Kind kind;
        double rate;
        double headRate;
        double weightDecay;
        double momentum;
        Schedule schedule;
        double warmupEpochs;
        double clipNorm;
        double labelSmoothing;
        boolean classWeights;
        Double lrRatio;
        Double normRate;

        Draft(Optimization of) {
            kind = of.kind;
            rate = of.rate;
            headRate = of.headRate;
            weightDecay = of.weightDecay;
            momentum = of.momentum;
            schedule = of.schedule;
            warmupEpochs = of.warmupEpochs;
            clipNorm = of.clipNorm;
            labelSmoothing = of.labelSmoothing;
            classWeights = of.classWeights;
            lrRatio = of.lrRatio;
            normRate = of.normRate;
        }

        Optimization done() {
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
                    normRate);
        }
    }
}
