package io.meristem.op;

import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** The photos, (N, channels, H, W), normalised. Its value comes from outside. */
public record Input(int channels) implements Op {

    /** @param inputs the shape that is given */
    @Override
    public Shape shape(List<Shape> inputs) {
        Shape x = inputs.get(0).requireRank(3, "a network");
        if (x.size(0) != channels) {
            throw new IllegalArgumentException("a network of " + channels + " channels does not take " + x);
        }
        return x;
    }

    @Override
    public Tensor forward(Frame frame, Tensor... inputs) {
        throw new IllegalStateException("photos come from outside");
    }

    @Override
    public void gradient(Frame frame, Tensor g) {
        throw new IllegalStateException("nothing comes before the photos");
    }

    @Override
    public <R> R accept(OpVisitor<R> visitor) {
        return visitor.visit(this);
    }
}
