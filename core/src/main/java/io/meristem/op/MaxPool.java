package io.meristem.op;

import io.meristem.engine.Tensors;
import java.util.List;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The largest of each window that lies inside the padded image whole: (N, C, H, W) to (N, C, H', W') with {@code H' = floor((H + top + bottom - height) / stride) + 1} and
 * {@code W'} likewise. What is around the image is never the largest; on each side it is at most half the window.
 *
 * @param upward whether windows count that reach beyond the padded image to the right or below, as long as they begin in it: then {@code H'} and {@code W'} are rounded up
 */
public record MaxPool(Window window, boolean upward) implements Op {

    private static final long[] DILATION = {1, 1};
    private static final long[] NO_PADDING = {0, 0};

    public MaxPool(int kernel, int stride, int padding) {
        this(Window.square(kernel, stride, padding), false);
    }

    @Override
    public Shape shape(List<Shape> inputs) {
        Shape x = inputs.get(0).requireRank(3, "a pooling");
        return upward ? window.overUpward(x.size(0), x) : window.over(x.size(0), x);
    }

    /**
     * What is around an image, together with what windows reach beyond it.
     *
     * @param x of the image, (C, H, W)
     */
    public Padding.Fixed around(Shape x) {
        Padding.Fixed around = window.around(x.size(1), x.size(2));
        if (!upward) {
            return around;
        }
        Shape y = shape(List.of(x));
        return new Padding.Fixed(
                around.top(),
                around.left(),
                Math.max(around.bottom(), window.reach(y.size(1), window.height()) - x.size(1) - around.top()),
                Math.max(around.right(), window.reach(y.size(2), window.width()) - x.size(2) - around.left()));
    }

    /** What the engine's kernel pads by itself. */
    private static long[] sides(Padding.Fixed around) {
        return around.isSymmetric() ? new long[] {around.top(), around.left()} : NO_PADDING;
    }

    private static Tensor prepared(Tensor x, Padding.Fixed around) {
        return around.isSymmetric() ? x : Window.pad(x, around, Double.NEGATIVE_INFINITY);
    }

    @Override
    public Tensor forward(Frame frame, Tensor... inputs) {
        Padding.Fixed around = window.around(inputs[0]);
        Tensor x = prepared(inputs[0], around);
        if (!frame.flows()) {
            return torch.max_pool2d(x, window.size(), window.step(), sides(around), DILATION, upward);
        }
        T_TensorTensor_T result =
                torch.max_pool2d_with_indices(x, window.size(), window.step(), sides(around), DILATION, upward);
        frame.save(Tensors.own(result.get1()));
        return Tensors.own(result.get0());
    }

    @Override
    public void gradient(Frame frame, Tensor g) {
        Tensor x = frame.input(0);
        Padding.Fixed around = window.around(x);
        Tensor ofWide = torch.max_pool2d_with_indices_backward(
                g, prepared(x, around), window.size(), window.step(), sides(around), DILATION, upward, frame.saved(0));
        frame.give(0, around.isSymmetric() ? ofWide : Window.unpad(ofWide, around, x));
    }

    @Override
    public boolean readsInput(int input, Outlook outlook) {
        return true;
    }

    /** The places of the largest are int64. */
    @Override
    public long extraBytes(List<Shape> inputs, Shape output, Outlook outlook) {
        return Long.BYTES * output.numbers();
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
