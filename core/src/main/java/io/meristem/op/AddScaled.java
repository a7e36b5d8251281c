package io.meristem.op;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** {@code x + scale * y}, a scale for each channel. Inputs: x and y (N, C, H, W), scale (C). */
public record AddScaled() implements Op {

    @Override
    public Shape shape(List<Shape> inputs) {
        Shape x = inputs.get(0).requireRank(3, "a scaled sum");
        if (!inputs.get(1).equals(x) || !inputs.get(2).equals(Shape.of(x.size(0)))) {
            throw new IllegalArgumentException("a scaled sum of " + inputs);
        }
        return x;
    }

    @Override
    public Tensor forward(Frame frame, Tensor... inputs) {
        Tensor x = inputs[0];
        Tensor scale = inputs[2];
        Tensor cast = scale.scalar_type().intern() == x.scalar_type().intern() ? scale : scale.to(x.scalar_type());
        Tensor perChannel = cast.view(1, -1, 1, 1);
        if (frame.flows()) {
            frame.save(perChannel);
        }
        return torch.addcmul(x, inputs[1], perChannel);
    }

    @Override
    public void gradient(Frame frame, Tensor g) {
        if (frame.through(2)) {
            frame.give(2, g.mul(frame.input(1)).sum(0, 2, 3));
        }
        if (frame.through(1)) {
            frame.give(1, g.mul(frame.saved(0)));
        }
        if (frame.through(0)) {
            frame.give(0, g);
        }
    }

    @Override
    public boolean readsInput(int input, Outlook outlook) {
        return input == 1 && outlook.through(2);
    }

    @Override
    public <R> R accept(OpVisitor<R> visitor) {
        return visitor.visit(this);
    }
}
