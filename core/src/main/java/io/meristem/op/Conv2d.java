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
 * <p>Shapes: input (N, in, H, W); weight (out, in/groups, kh, kw); bias (out); output (N, out, H', W') with
 * {@code H' = floor((H + top + bottom - kh) / stride) + 1} and {@code W'} likewise. Where the padding is not the same on opposite sides, the image is copied with zeros
 * around it.
 *
 * @param window kernel size, stride and padding
 */
public record Conv2d(int in, int out, Window window, int groups, boolean bias, Init weightInit, Init biasInit)
        implements Weighted {

    private static final long[] DILATION = {1, 1};
    private static final long[] NO_PADDING = {0, 0};

    public Conv2d {
        if (in % groups != 0 || out % groups != 0) {
            throw new IllegalArgumentException("groups " + groups + " must divide " + in + " and " + out);
        }
    }

    /** Starts as PyTorch's does: uniform in +-1/sqrt(in/groups * kh * kw). */
    public Conv2d(int in, int out, Window window, int groups, boolean bias) {
        this(in, out, window, groups, bias, bound(in, window, groups), bound(in, window, groups));
    }

    /** With a square kernel and the same padding on each side. */
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
        this(in, out, Window.square(kernel, stride, padding), groups, bias, weightInit, biasInit);
    }

    /** With a square kernel and the same padding on each side; starts as PyTorch's does. */
    public Conv2d(int in, int out, int kernel, int stride, int padding, int groups, boolean bias) {
        this(in, out, Window.square(kernel, stride, padding), groups, bias);
    }

    private static Init bound(int in, Window window, int groups) {
        return Init.uniform(1 / Math.sqrt((double) in / groups * window.height() * window.width()));
    }

    public int stride() {
        return window.stride();
    }

    @Override
    public List<Long> weightShape() {
        return List.of((long) out, (long) in / groups, (long) window.height(), (long) window.width());
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
        return groups > 1 ? "grouped" : window.height() * window.width() == 1 ? "pointwise" : "conv";
    }

    @Override
    public Shape shape(List<Shape> inputs) {
        Shape x = inputs.get(0).requireRank(3, "a convolution");
        if (x.size(0) != in) {
            throw new IllegalArgumentException("a convolution of " + in + " channels does not take " + x);
        }
        return window.over(out, x);
    }

    @Override
    public Tensor apply(Tensor x, Tensor weight, Tensor bias) {
        return apply(x, weight, bias, groups);
    }

    /** A convolution of this one's stride and padding with another weight and other groups. */
    public Tensor apply(Tensor x, Tensor weight, Tensor bias, int groups) {
        TensorOptional b = bias == null ? new TensorOptional() : new TensorOptional(bias);
        Padding.Fixed around = window.around(x);
        return around.isSymmetric()
                ? torch.conv2d(x, weight, b, window.step(), sides(around), DILATION, groups)
                : torch.conv2d(Window.pad(x, around, 0), weight, b, window.step(), NO_PADDING, DILATION, groups);
    }

    private static long[] sides(Padding.Fixed around) {
        return new long[] {around.top(), around.left()};
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
        Padding.Fixed around = window.around(x);
        if (around.isSymmetric()) {
            return Tensors.own(
                    backward(g, x, weight, sides(around), groups, true).get0());
        }
        Tensor wide = Window.pad(x, around, 0); // only its shape is read
        return Window.unpad(
                Tensors.own(backward(g, wide, weight, NO_PADDING, groups, true).get0()), around, x);
    }

    /** Gradient for the weight of what {@link #apply(Tensor, Tensor, Tensor, int)} computes. */
    public Tensor weightGradient(Tensor g, Tensor x, Tensor weight, int groups) {
        Padding.Fixed around = window.around(x);
        return Tensors.own((around.isSymmetric()
                        ? backward(g, x, weight, sides(around), groups, false)
                        : backward(g, Window.pad(x, around, 0), weight, NO_PADDING, groups, false))
                .get1());
    }

    @Override
    public Tensor biasGradient(Tensor g) {
        return g.sum(0, 2, 3);
    }

    private T_TensorTensorTensor_T backward(
            Tensor g, Tensor x, Tensor weight, long[] padding, int groups, boolean input) {
        return torch.convolution_backward(
                g,
                x,
                weight,
                new LongArrayRefOptional(),
                window.step(),
                padding,
                DILATION,
                false,
                NO_PADDING,
                groups,
                GradientMask.of(input, !input, false));
    }

    @Override
    public long passingBytes(List<Shape> inputs, int bytesPerNumber) {
        return window.padded(inputs.get(0)) * bytesPerNumber;
    }

    @Override
    public <R> R accept(OpVisitor<R> visitor) {
        return visitor.visit(this);
    }
}
