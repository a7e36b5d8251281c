package io.meristem.op;

import io.meristem.engine.Tensors;
import java.util.List;
import org.bytedeco.pytorch.LongArrayRefOptional;
import org.bytedeco.pytorch.T_TensorTensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * Two-dimensional convolution.
 *
 * <p>Shapes: input (N, in, H, W); weight (out, in/groups, k, k); bias (out); output (N, out, H', W') with
 * {@code H' = floor((H + 2 padding - k) / stride) + 1}.
 */
public record Conv2d(
        int in, int out, int kernel, int stride, int padding, int groups, boolean bias, Init weightInit, Init biasInit)
        implements Weighted {

    private static final long[] DILATION = {1, 1};
    private static final long[] NO_PADDING = {0, 0};

    public Conv2d {
        if (in % groups != 0 || out % groups != 0) {
            throw new IllegalArgumentException("groups " + groups + " must divide " + in + " and " + out);
        }
    }

    /** Starts as PyTorch's does: uniform in +-1/sqrt(in/groups * k * k). */
    public Conv2d(int in, int out, int kernel, int stride, int padding, int groups, boolean bias) {
        this(in, out, kernel, stride, padding, groups, bias, bound(in, kernel, groups), bound(in, kernel, groups));
    }

    private static Init bound(int in, int kernel, int groups) {
        return Init.uniform(1 / Math.sqrt((double) in / groups * kernel * kernel));
    }

    @Override
    public List<Long> weightShape() {
        return List.of((long) out, (long) in / groups, (long) kernel, (long) kernel);
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
    public Shape shape(List<Shape> inputs) {
        Shape x = inputs.get(0).requireRank(3, "a convolution");
        if (x.size(0) != in) {
            throw new IllegalArgumentException("a convolution of " + in + " channels does not take " + x);
        }
        return Shape.of(out, side(x.size(1)), side(x.size(2)));
    }

    private int side(int before) {
        return Math.floorDiv(before + 2 * padding - kernel, stride) + 1;
    }

    @Override
    public Tensor apply(Tensor x, Tensor weight, Tensor bias) {
        return apply(x, weight, bias, groups);
    }

    /** A convolution of this one's stride and padding with another weight and other groups. */
    public Tensor apply(Tensor x, Tensor weight, Tensor bias, int groups) {
        TensorOptional b = bias == null ? new TensorOptional() : new TensorOptional(bias);
        return torch.conv2d(x, weight, b, both(stride), both(padding), DILATION, groups);
    }

    private static long[] both(int size) {
        return new long[] {size, size};
    }

    @Override
    public Tensor inputGradient(Tensor g, Tensor x, Tensor weight) {
        return inputGradient(g, x, weight, groups);
    }

    @Override
    public Tensor weightGradient(Tensor g, Tensor x, Tensor weight) {
        return weightGradient(g, x, weight, groups);
    }

    /** Gradient for the input of what {@link #apply(Tensor, Tensor, Tensor, int)} computes. */
    public Tensor inputGradient(Tensor g, Tensor x, Tensor weight, int groups) {
        return Tensors.own(backward(g, x, weight, groups, true).get0());
    }

    /** Gradient for the weight of what {@link #apply(Tensor, Tensor, Tensor, int)} computes. */
    public Tensor weightGradient(Tensor g, Tensor x, Tensor weight, int groups) {
        return Tensors.own(backward(g, x, weight, groups, false).get1());
    }

    @Override
    public Tensor biasGradient(Tensor g) {
        return g.sum(0, 2, 3);
    }

    private T_TensorTensorTensor_T backward(Tensor g, Tensor x, Tensor weight, int groups, boolean input) {
        return torch.convolution_backward(
                g,
                x,
                weight,
                new LongArrayRefOptional(),
                both(stride),
                both(padding),
                DILATION,
                false,
                NO_PADDING,
                groups,
                GradientMask.of(input, !input, false));
    }

    @Override
    public <R> R accept(OpVisitor<R> visitor) {
        return visitor.visit(this);
    }
}
