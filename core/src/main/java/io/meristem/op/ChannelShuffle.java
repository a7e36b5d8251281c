package io.meristem.op;

import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * Deals out channels (Zhang et al. 2018, ShuffleNet): the first of each group, then the second of each, and so on. (N, C, H, W) to the same shape; channel
 * {@code i * groups + g} of the output is channel {@code g * C / groups + i} of the input.
 *
 * @param groups that the channels are in; a divisor of their number
 */
public record ChannelShuffle(int groups) implements Op {

    @Override
    public Shape shape(List<Shape> inputs) {
        Shape x = inputs.get(0).requireRank(3, "a shuffle of channels");
        if (groups < 2 || groups >= x.size(0) || x.size(0) % groups != 0) {
            throw new IllegalArgumentException("a shuffle of " + x + " in " + groups + " groups");
        }
        return x;
    }

    /** One copy; channels stay last in memory. */
    private static Tensor shuffled(Tensor x, long groups) {
        long[] s = x.shape();
        return x.permute(0, 2, 3, 1)
                .reshape(s[0], s[2], s[3], groups, s[1] / groups)
                .transpose(3, 4)
                .reshape(s[0], s[2], s[3], s[1])
                .permute(0, 3, 1, 2);
    }

    @Override
    public Tensor forward(Frame frame, Tensor... inputs) {
        return shuffled(inputs[0], groups);
    }

    /** The same with as many groups as a group had channels. */
    @Override
    public void gradient(Frame frame, Tensor g) {
        frame.give(0, shuffled(g, g.size(1) / groups));
    }

    @Override
    public <R> R accept(OpVisitor<R> visitor) {
        return visitor.visit(this);
    }
}
