package io.meristem.op;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** A batch normalisation with its tensors, and which mean and variance it uses. */
public final class BatchNormLayer extends Layer {

    public static final double DEFAULT_MOMENTUM = 0.1;

    /** Scales below cannot be divided by safely in float32 and bfloat16. */
    private static final double LEAST_SCALE = 1e-20;

    /** Times the deviation of a layer's values, root of the mean squares over channels: bfloat16 then rounds by at most 1/128 of the deviation. */
    private static final double MOST_OFFSET = 4;

    /** Which statistics normalise, and whether they move. */
    public enum Mode {
        /** The running statistics, unchanged. */
        FROZEN,
        /** The batch's statistics; the running ones follow with {@link #setMomentum}. */
        TRACK
    }

    private final double eps;
    private Mode mode = Mode.FROZEN;
    private double momentum = DEFAULT_MOMENTUM;

    BatchNormLayer(String name, BatchNorm op) {
        super(name, op);
        eps = op.eps();
    }

    public void setMode(Mode mode) {
        this.mode = mode;
    }

    @Override
    public boolean tracks() {
        return mode == Mode.TRACK;
    }

    /** The weight of the newest batch in the running statistics. */
    public void setMomentum(double momentum) {
        this.momentum = momentum;
    }

    double momentum() {
        return momentum;
    }

    public Param weight() {
        return params().get("weight");
    }

    public Param bias() {
        return params().get("bias");
    }

    public Param runningMean() {
        return params().get("running_mean");
    }

    public Param runningVar() {
        return params().get("running_var");
    }

    /** {@code weight / sqrt(var + eps)}, (C); what each channel is multiplied by. The caller's scope owns it. */
    public Tensor scale() {
        return weight().value().div(deviation());
    }

    /** {@code sqrt(var + eps)}, (C); the caller's scope owns it. */
    Tensor deviation() {
        return runningVar().value().add(new Scalar(eps)).sqrt();
    }

    /** Whether scale or bias trains. */
    boolean learns() {
        return weight().trains() || bias().trains();
    }

    /** {@code bias - mean * scale}, (C); what is added to each channel afterwards. */
    Tensor shift(Tensor scale) {
        return bias().value().sub(runningMean().value().mul(scale));
    }

    /**
     * Whether what comes out tells what went in, but for a constant per channel, even in few digits. Seen from the input, rounding acts on {@code x +
     * shift / scale}; that must not be far larger than how much x varies. A channel of scale zero says no.
     */
    boolean reversible() {
        if (mode != Mode.FROZEN) {
            return false;
        }
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Tensor s = scale();
            double offset = shift(s).div(s).square().mean().item_double();
            double variance = runningVar().value().mean().item_double();
            return s.abs().min().item_double() > LEAST_SCALE && offset <= MOST_OFFSET * MOST_OFFSET * variance;
        }
    }
}
