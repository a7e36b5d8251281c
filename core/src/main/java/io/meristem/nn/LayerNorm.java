package io.meristem.nn;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * Layer normalisation over the channels: {@code (x - mean) / sqrt(var + eps) * weight + bias}, mean and variance per position.
 *
 * <p>Tensors: weight (C), bias (C). Input (..., C), or images (N, C, H, W) when {@code images}: those are seen as (N, H, W, C), which costs
 * nothing where channels are innermost in memory; the output has the input's shape.
 */
public final class LayerNorm extends Layer {

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
    public Tensor forward(Tensor x) {
        return images ? normalise(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2) : normalise(x);
    }

    private Tensor normalise(Tensor x) {
        return torch.layer_norm(
                x, shape, new TensorOptional(weight.value()), new TensorOptional(bias.value()), eps, true);
    }
}
