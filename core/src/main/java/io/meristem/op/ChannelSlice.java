package io.meristem.op;

import java.util.List;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Some of the channels: (N, C, H, W) to (N, to - from, H, W).
 *
 * @param from first channel
 * @param to channel after the last one
 */
public record ChannelSlice(int from, int to) implements Op {

    public ChannelSlice {
        if (from < 0 || to <= from) {
            throw new IllegalArgumentException("channels " + from + " to " + to + " are none");
        }
    }

    @Override
    public Shape shape(List<Shape> inputs) {
        Shape x = inputs.get(0).requireRank(3, "a slice of channels");
        if (to > x.size(0)) {
            throw new IllegalArgumentException("channels " + from + " to " + to + " of " + x);
        }
        return Shape.of(to - from, x.size(1), x.size(2));
    }

    @Override
    public Tensor forward(Frame frame, Tensor... inputs) {
        Tensor x = inputs[0];
        if (frame.flows()) {
            frame.remember(x.shape());
        }
        return x.narrow(1, from, to - from).clone(new MemoryFormatOptional(torch.MemoryFormat.ChannelsLast));
    }

    @Override
    public void gradient(Frame frame, Tensor g) {
        long[] shape = (long[]) frame.memo();
        Tensor whole = g.new_zeros(shape[0], shape[2], shape[3], shape[1]).permute(0, 3, 1, 2);
        whole.narrow(1, from, to - from).copy_(g);
        frame.give(0, whole);
    }

    @Override
    public <R> R accept(OpVisitor<R> visitor) {
        return visitor.visit(this);
    }
}
