package io.meristem.op;

import io.meristem.engine.Tensors;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;

/** Each channel times its gate. Inputs: (N, C, H, W) and the gate (N, C, 1, 1). */
public record Gate() implements Op {

    @Override
    public Shape shape(List<Shape> inputs) {
        Shape x = inputs.get(0).requireRank(3, "a gate");
        if (!inputs.get(1).equals(Shape.of(x.size(0), 1, 1))) {
            throw new IllegalArgumentException("a gate of " + inputs.get(1) + " on " + x);
        }
        return x;
    }

    @Override
    public Tensor forward(Frame frame, Tensor... inputs) {
        Tensor x = inputs[0];
        return frame.overwrites() ? Tensors.inPlace(x, x.mul_(inputs[1])) : x.mul(inputs[1]);
    }

    @Override
    public void gradient(Frame frame, Tensor g) {
        if (frame.through(1)) {
            frame.give(1, g.mul(frame.input(0)).sum(Mean.POSITIONS, true, new ScalarTypeOptional((Pointer) null)));
        }
        if (frame.through(0)) {
            frame.giveProduct(0, g, frame.input(1));
        }
    }

    @Override
    public boolean readsInput(int input, Outlook outlook) {
        return outlook.through(1 - input);
    }

    @Override
    public boolean canOverwrite() {
        return true;
    }

    @Override
    public <R> R accept(OpVisitor<R> visitor) {
        return visitor.visit(this);
    }
}
