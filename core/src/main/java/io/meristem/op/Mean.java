package io.meristem.op;

import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;

/** The mean over all positions, which stay as one: (N, C, H, W) to (N, C, 1, 1). */
public record Mean() implements Op {

    static final long[] POSITIONS = {2, 3};

    @Override
    public Shape shape(List<Shape> inputs) {
        return Shape.of(inputs.get(0).requireRank(3, "a mean over positions").size(0), 1, 1);
    }

    @Override
    public Tensor forward(Frame frame, Tensor... inputs) {
        if (frame.flows()) {
            frame.remember(inputs[0].shape());
        }
        return inputs[0].mean(POSITIONS, true, new ScalarTypeOptional((Pointer) null));
    }

    @Override
    public void gradient(Frame frame, Tensor g) {
        long[] shape = (long[]) frame.memo();
        frame.giveSpread(0, g.div(new Scalar((double) shape[2] * shape[3])), shape);
    }

    @Override
    public <R> R accept(OpVisitor<R> visitor) {
        return visitor.visit(this);
    }
}
