package io.meristem.op;

import io.meristem.engine.Tensors;
import java.util.List;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The largest of each window that lies inside the padded image whole: (N, C, H, W) to (N, C, (H + 2 padding - kernel) / stride + 1, (W + 2 padding - kernel) / stride +
 * 1).
 *
 * @param padding rows and columns on each side, which are never the largest; at most half the kernel
 */
public record MaxPool(int kernel, int stride, int padding) implements Op {

    private static final long[] DILATION = {1, 1};

    @Override
    public Shape shape(List<Shape> inputs) {
        Shape x = inputs.get(0).requireRank(3, "a pooling");
        return Shape.of(x.size(0), side(x.size(1)), side(x.size(2)));
    }

    private int side(int before) {
        return Math.floorDiv(before + 2 * padding - kernel, stride) + 1;
    }

    private static long[] both(int size) {
        return new long[] {size, size};
    }

    @Override
    public Tensor forward(Frame frame, Tensor... inputs) {
        Tensor x = inputs[0];
        if (!frame.flows()) {
            return torch.max_pool2d(x, both(kernel), both(stride), both(padding), DILATION, false);
        }
        T_TensorTensor_T result =
                torch.max_pool2d_with_indices(x, both(kernel), both(stride), both(padding), DILATION, false);
        frame.save(Tensors.own(result.get1()));
        return Tensors.own(result.get0());
    }

    @Override
    public void gradient(Frame frame, Tensor g) {
        frame.give(
                0,
                torch.max_pool2d_with_indices_backward(
                        g, frame.input(0), both(kernel), both(stride), both(padding), DILATION, false, frame.saved(0)));
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
    public <R> R accept(OpVisitor<R> visitor) {
        return visitor.visit(this);
    }
}
