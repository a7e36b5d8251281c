package io.meristem.nn;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * Affine map of the last dimension.
 *
 * <p>Shapes: input (..., in); weight (out, in); bias (out); output (..., out). Starts as PyTorch's does: uniform in +-1/sqrt(in).
 */
public final class Linear extends WeightedLayer {

    public Linear(int in, int out, boolean bias) {
        this(in, out, bias, Init.uniform(1 / Math.sqrt(in)), Init.uniform(1 / Math.sqrt(in)));
    }

    public Linear(int in, int out, boolean bias, Init weightInit, Init biasInit) {
        super(bias, weightInit, biasInit, out, in);
    }

    @Override
    public String kind() {
        return "linear";
    }

    @Override
    public Tensor apply(Tensor x, Tensor weight, Tensor bias) {
        return torch.linear(x, weight, bias == null ? new TensorOptional() : new TensorOptional(bias));
    }

    @Override
    public Tensor inputGradient(Tensor g, Tensor x, Tensor weight) {
        return g.matmul(weight);
    }

    @Override
    public Tensor weightGradient(Tensor g, Tensor x, Tensor weight) {
        return rows(g).t().matmul(rows(x));
    }

    @Override
    protected Tensor biasGradient(Tensor g) {
        return rows(g).sum(0);
    }

    /** (..., C) as (rows, C). */
    public static Tensor rows(Tensor map) {
        return map.reshape(-1, map.size(-1));
    }
}
