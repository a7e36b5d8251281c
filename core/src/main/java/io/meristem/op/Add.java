package io.meristem.op;

import io.meristem.engine.Tensors;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** The sum of two values of one shape. */
public record Add() implements Op {

    @Override
    public Shape shape(List<Shape> inputs) {
        if (!inputs.get(0).equals(inputs.get(1))) {
            throw new IllegalArgumentException("a sum of " + inputs.get(0) + " and " + inputs.get(1));
        }
        return inputs.get(0);
    }

    @Override
    public Tensor forward(Frame frame, Tensor... inputs) {
        Tensor a = inputs[0];
        return frame.overwrites() ? Tensors.inPlace(a, a.add_(inputs[1])) : a.add(inputs[1]);
    }

    @Override
    public void gradient(Frame frame, Tensor g) {
        for (int i = 0; i < 2; i++) {
            if (frame.through(i)) {
                frame.give(i, g);
            }
        }
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
