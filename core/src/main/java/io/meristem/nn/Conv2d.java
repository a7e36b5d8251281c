package io.meristem.nn;

import io.meristem.engine.Tensors;
import org.bytedeco.pytorch.LongArrayRefOptional;
import org.bytedeco.pytorch.T_TensorTensorTensor_T;
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
    private static final long[] NO_PADDING = {0, 0};
    private ConvKernels kernels = ConvKernels.NATIVE;

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

    /** Input channels. */
    public int in() {
        return in;
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
    public boolean isGrouped() {
        return groups > 1;
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
        return apply(x, weight, bias, groups);
    }

    /** A convolution of this one's stride and padding with another weight and other groups. */
    public Tensor apply(Tensor x, Tensor weight, Tensor bias, int groups) {
        TensorOptional b = bias == null ? new TensorOptional() : new TensorOptional(bias);
        return torch.conv2d(x, weight, b, stride, padding, DILATION, groups);
    }

    @Override
    public Tensor inputGradient(Tensor g, Tensor x, Tensor weight) {
        return kernels.input().compute(this, g, x, weight);
    }

    @Override
    public Tensor weightGradient(Tensor g, Tensor x, Tensor weight) {
        return kernels.weight().compute(this, g, x, weight);
    }

    /** Gradient for the input of what {@link #apply(Tensor, Tensor, Tensor, int)} computes. */
    public Tensor inputGradient(Tensor g, Tensor x, Tensor weight, int groups) {
        return backward(g, x, weight, groups, 0);
    }

    /** Gradient for the weight of what {@link #apply(Tensor, Tensor, Tensor, int)} computes. */
    public Tensor weightGradient(Tensor g, Tensor x, Tensor weight, int groups) {
        return backward(g, x, weight, groups, 1);
    }

    @Override
    protected Tensor biasGradient(Tensor g) {
        return g.sum(0, 2, 3);
    }

    /** One of the engine's gradients of this convolution: 0 for the input, 1 for the weight. */
    Tensor backward(Tensor g, Tensor x, Tensor weight, int groups, int which) {
        T_TensorTensorTensor_T gradients = torch.convolution_backward(
                g,
                x,
                weight,
                new LongArrayRefOptional(),
                stride,
                padding,
                DILATION,
                false,
                NO_PADDING,
                groups,
                Mask.of(which == 0, which == 1, false));
        return which == 0 ? Tensors.own(gradients.get0()) : Tensors.own(gradients.get1());
    }

    @Override
    public <V> V describe(V x, GraphOps<V> ops) {
        return ops.conv(x, this);
    }

    /** Which kernels compute the gradients. */
    public ConvKernels kernels() {
        return kernels;
    }

    public void setKernels(ConvKernels kernels) {
        this.kernels = kernels;
    }
}
