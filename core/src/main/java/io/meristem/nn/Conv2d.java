package io.meristem.nn;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * Two-dimensional convolution.
 *
 * <p>Shapes: input (N, in, H, W); weight (out, in/groups, k, k); bias (out); output (N, out, H', W') with
 * {@code H' = floor((H + 2 padding - k) / stride) + 1}. Starts as PyTorch's does: uniform in +-1/sqrt(in/groups * k * k).
 */
public final class Conv2d extends WeightedLayer {

    private final int groups;
    private final int kernel;
    private final int in;
    private final long[] stride;
    private final long[] padding;
    private static final long[] DILATION = {1, 1};

    public Conv2d(int in, int out, int kernel, int stride, int padding, int groups, boolean bias) {
        this(in, out, kernel, stride, padding, groups, bias, bound(in, kernel, groups), bound(in, kernel, groups));
    }

    public Conv2d(
            int in,
            int out,
            int kernel,
            int stride,
            int padding,
            int groups,
            boolean bias,
            Init weightInit,
            Init biasInit) {
        super(bias, weightInit, biasInit, out, in / groups, kernel, kernel);
        if (in % groups != 0 || out % groups != 0) {
            throw new IllegalArgumentException("groups " + groups + " must divide " + in + " and " + out);
        }
        this.groups = groups;
        this.kernel = kernel;
        this.in = in;
        this.stride = new long[] {stride, stride};
        this.padding = new long[] {padding, padding};
    }

    private static Init bound(int in, int kernel, int groups) {
        return Init.uniform(1 / Math.sqrt((double) in / groups * kernel * kernel));
    }

    public int groups() {
        return groups;
    }

    public int kernel() {
        return kernel;
    }

    public int stride() {
        return (int) stride[0];
    }

    public int padding() {
        return (int) padding[0];
    }

    @Override
    public String kind() {
        if (groups == in && groups > 1) {
            return "depthwise";
        }
        return groups > 1 ? "grouped" : kernel == 1 ? "pointwise" : "conv";
    }

    @Override
    public Tensor apply(Tensor x, Tensor weight, Tensor bias) {
        return torch.conv2d(
                x,
                weight,
                bias == null ? new TensorOptional() : new TensorOptional(bias),
                stride,
                padding,
                DILATION,
                groups);
    }
}
