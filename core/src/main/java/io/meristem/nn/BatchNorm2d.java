package io.meristem.nn;

import io.meristem.engine.Tensors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.T_TensorTensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * Batch normalisation of (N, C, H, W) per channel: {@code (x - mean) / sqrt(var + eps) * weight + bias}.
 *
 * <p>Tensors: weight (C), bias (C), buffers running_mean (C), running_var (C). Which mean and variance are used is the {@link Mode}, set from
 * outside: fine-tuning normally keeps the pretrained ones. The counter num_batches_tracked of PyTorch's layer has no counterpart: it only matters
 * without a momentum, and no family here goes without.
 */
public final class BatchNorm2d extends Layer implements Normalisation {

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

    private final Param weight;
    private final Param bias;
    private final Param mean;
    private final Param var;
    private final double eps;
    private Mode mode = Mode.FROZEN;
    private boolean absorbed;
    private double momentum = DEFAULT_MOMENTUM;

    public BatchNorm2d(int channels) {
        this(channels, 1e-5);
    }

    public BatchNorm2d(int channels, double eps) {
        this(channels, eps, Init.constant(1));
    }

    /** @param scaleInit of the weight: 0 makes a residual branch start as nothing */
    public BatchNorm2d(int channels, double eps, Init scaleInit) {
        weight = param("weight", scaleInit, channels);
        bias = param("bias", Init.constant(0), channels);
        mean = buffer("running_mean", Init.constant(0), channels);
        var = buffer("running_var", Init.constant(1), channels);
        this.eps = eps;
    }

    public void setMode(Mode mode) {
        this.mode = mode;
    }

    /** The weight of the newest batch in the running statistics. */
    public void setMomentum(double momentum) {
        this.momentum = momentum;
    }

    @Override
    public Param weight() {
        return weight;
    }

    @Override
    public Param bias() {
        return bias;
    }

    public Param runningMean() {
        return mean;
    }

    public Param runningVar() {
        return var;
    }

    /** {@code weight / sqrt(var + eps)}, (C); what each channel is multiplied by. The caller's scope owns it. */
    public Tensor scale() {
        return weight.value().div(deviation());
    }

    /** {@code sqrt(var + eps)}, (C); the caller's scope owns it. */
    Tensor deviation() {
        return var.value().add(new Scalar(eps)).sqrt();
    }

    /** Whether scale or bias trains. */
    boolean learns() {
        return weight.trains() || bias.trains();
    }

    /** {@code bias - mean * scale}, (C); what is added to each channel afterwards. */
    Tensor shift(Tensor scale) {
        return bias.value().sub(mean.value().mul(scale));
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
            double variance = var.value().mean().item_double();
            return s.abs().min().item_double() > LEAST_SCALE && offset <= MOST_OFFSET * MOST_OFFSET * variance;
        }
    }

    /** Whether the convolution before does this layer's work, see {@link Network#fold}. */
    public boolean absorbed() {
        return absorbed;
    }

    void setAbsorbed(boolean absorbed) {
        this.absorbed = absorbed;
    }

    @Override
    public Tensor forward(Tensor x, Tape tape) {
        if (absorbed) {
            return x;
        }
        boolean track = mode == Mode.TRACK;
        boolean ofWeight = tape.recording() && weight.trains();
        boolean ofBias = tape.recording() && bias.trains();
        boolean trains = ofWeight || ofBias;
        if (!trains && !tape.flowing()) {
            return torch.batch_norm(x, of(weight), of(bias), of(mean), of(var), track, momentum, eps, false);
        }
        boolean through = tape.flowing();
        T_TensorTensorTensor_T result = torch.native_batch_norm(
                x, of(weight), of(bias), of(mean), of(var), track, tape.replaying() ? 0 : momentum, eps);
        Tensor batchMean = Tensors.own(result.get1());
        Tensor inverseDeviation = Tensors.own(result.get2());
        if (!track && !trains) {
            Tensor scale = scale().to(x.scalar_type()).view(1, -1, 1, 1);
            tape.push((g, mine) -> mine ? Tensors.inPlace(g, g.mul_(scale)) : g.mul(scale), scale);
        } else {
            tape.push(
                    (g, mine) -> {
                        T_TensorTensorTensor_T gradients = torch.native_batch_norm_backward(
                                g,
                                x,
                                of(weight),
                                of(mean),
                                of(var),
                                new TensorOptional(batchMean),
                                new TensorOptional(inverseDeviation),
                                track,
                                eps,
                                Mask.of(through, ofWeight, ofBias));
                        if (ofWeight) {
                            weight.setGradient(gradients.get1());
                        }
                        if (ofBias) {
                            bias.setGradient(gradients.get2());
                        }
                        return through ? Tensors.own(gradients.get0()) : null;
                    },
                    x,
                    batchMean,
                    inverseDeviation);
        }
        return Tensors.own(result.get0());
    }

    @Override
    public <V> V describe(V x, GraphOps<V> ops) {
        return ops.batchNorm(x, this);
    }

    private static TensorOptional of(Param param) {
        return new TensorOptional(param.value());
    }
}
