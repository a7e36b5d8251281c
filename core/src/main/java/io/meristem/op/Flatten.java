package io.meristem.op;

import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** All numbers of a photo in one row: (N, C, H, W) to (N, C H W). */
public record Flatten() implements Op {

    @Override
    public Shape shape(List<Shape> inputs) {
        return Shape.of(Math.toIntExact(inputs.get(0).numbers()));
    }

    @Override
    public Tensor forward(Frame frame, Tensor... inputs) {
        if (frame.flows()) {
            frame.remember(inputs[0].shape());
        }
        return inputs[0].flatten(1, -1);
    }

    @Override
    public void gradient(Frame frame, Tensor g) {
        frame.give(0, g.reshape((long[]) frame.memo()));
    }

    @Override
    public boolean isView() {
        return true;
    }

    @Override
    public <R> R accept(OpVisitor<R> visitor) {
        return visitor.visit(this);
    }
}
