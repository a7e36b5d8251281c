package io.meristem.op;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Images one after another along their channels: (N, C1, H, W), (N, C2, H, W), ... to (N, C1 + C2 + ..., H, W). */
public record Concat() implements Op {

    @Override
    public Shape shape(List<Shape> inputs) {
        Shape first = inputs.get(0).requireRank(3, "a concatenation");
        int channels = 0;
        for (Shape x : inputs) {
            if (x.rank() != 3 || x.size(1) != first.size(1) || x.size(2) != first.size(2)) {
                throw new IllegalArgumentException("a concatenation of " + inputs);
            }
            channels += x.size(0);
        }
        return Shape.of(channels, first.size(1), first.size(2));
    }

    @Override
    public Tensor forward(Frame frame, Tensor... inputs) {
        if (frame.flows()) {
            long[] channels = new long[inputs.length];
            for (int i = 0; i < channels.length; i++) {
                channels[i] = inputs[i].size(1);
            }
            frame.remember(channels);
        }
        return torch.cat(new TensorVector(inputs), 1);
    }

    @Override
    public void gradient(Frame frame, Tensor g) {
        long[] channels = (long[]) frame.memo();
        long from = 0;
        for (int i = 0; i < channels.length; i++) {
            if (frame.through(i)) {
                frame.give(i, g.narrow(1, from, channels[i]).contiguous(torch.MemoryFormat.ChannelsLast));
            }
            from += channels[i];
        }
    }

    @Override
    public boolean sharesGradient() {
        return true;
    }

    @Override
    public <R> R accept(OpVisitor<R> visitor) {
        return visitor.visit(this);
    }
}
