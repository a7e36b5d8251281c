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
}
