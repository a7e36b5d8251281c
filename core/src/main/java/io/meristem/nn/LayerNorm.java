package io.meristem.nn;

import io.meristem.engine.ComputeDevice;
import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import org.bytedeco.pytorch.T_TensorTensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * Layer normalisation over the channels: {@code (x - mean) / sqrt(var + eps) * weight + bias}, mean and variance per position.
 *
 * <p>Tensors: weight (C), bias (C). Input (..., C), or images (N, C, H, W) when {@code images}: those are seen as (N, H, W, C), which costs
 * nothing where channels are innermost in memory; the output has the input's shape.
 */
public final class LayerNorm extends Layer implements Normalisation {

    private final long[] shape;
    private final double eps;
    private final boolean images;
    private final Param weight;
    private final Param bias;

    public LayerNorm(int channels, double eps, boolean images) {
        this.shape = new long[] {channels};
        this.eps = eps;
        this.images = images;
        weight = param("weight", Init.constant(1), channels);
        bias = param("bias", Init.constant(0), channels);
    }

    @Override
    public Tensor forward(Tensor x, Tape tape) {
        return images ? fromLast(normalise(toLast(x), tape)) : normalise(x, tape);
    }

    @Override
    public <V> V describe(V x, GraphOps<V> ops) {
        return images ? ops.channelsFirst(ops.layerNorm(ops.channelsLast(x), this)) : ops.layerNorm(x, this);
    }

    @Override
    public Param weight() {
        return weight;
    }

    @Override
    public Param bias() {
        return bias;
    }

    public double eps() {
        return eps;
    }

    /** (N, C, H, W) to (N, H, W, C). */
    private static Tensor toLast(Tensor x) {
        return x.permute(0, 2, 3, 1);
    }

    private static Tensor fromLast(Tensor x) {
        return x.permute(0, 3, 1, 2);
    }

    /** The engine's kernels for GPUs want parameters of the input's type; those for CPUs take float32 beside bfloat16, which rounds less. */
    private static Tensor beside(Tensor parameter, Tensor x) {
        return Engine.device() == ComputeDevice.CUDA ? parameter.to(x.scalar_type()) : parameter;
    }

    private Tensor normalise(Tensor x, Tape tape) {
        TensorOptional w = new TensorOptional(beside(weight.value(), x));
        TensorOptional b = new TensorOptional(beside(bias.value(), x));
        boolean ofWeight = tape.recording() && weight.trains();
        boolean ofBias = tape.recording() && bias.trains();
        if (!ofWeight && !ofBias && !tape.flowing()) {
            return torch.layer_norm(x, shape, w, b, eps, true);
        }
        boolean through = tape.flowing();
        T_TensorTensorTensor_T result = torch.native_layer_norm(x, shape, w, b, eps);
        Tensor mean = Tensors.own(result.get1());
        Tensor inverseDeviation = Tensors.own(result.get2());
        tape.push(
                (g, mine) -> {
                    T_TensorTensorTensor_T gradients = torch.native_layer_norm_backward(
                            images ? toLast(g) : g,
                            x,
                            shape,
                            mean,
                            inverseDeviation,
                            new TensorOptional(beside(weight.value(), x)),
                            new TensorOptional(beside(bias.value(), x)),
                            Mask.of(through, ofWeight, ofBias));
                    if (ofWeight) {
                        weight.setGradient(gradients.get1());
                    }
                    if (ofBias) {
                        bias.setGradient(gradients.get2());
                    }
                    return !through
                            ? null
                            : images ? fromLast(Tensors.own(gradients.get0())) : Tensors.own(gradients.get0());
                },
                x,
                mean,
                inverseDeviation);
        return Tensors.own(result.get0());
    }
}
