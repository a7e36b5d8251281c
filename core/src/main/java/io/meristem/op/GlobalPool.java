package io.meristem.op;

import io.meristem.engine.Precision;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The mean over all positions: (N, C, H, W) of any precision to (N, C) of float32. */
public record GlobalPool() implements Op {

    @Override
    public Shape shape(List<Shape> inputs) {
        return Shape.of(inputs.get(0).requireRank(3, "a mean over positions").size(0));
    }

    @Override
    public Precision precision(List<Precision> inputs, Precision own) {
        return Precision.FP32;
    }

    private record Memo(List<Long> shape, ScalarType type) {}

    @Override
    public Tensor forward(Frame frame, Tensor... inputs) {
        Tensor x = inputs[0];
        if (frame.flows()) {
            frame.remember(new Memo(List.of(x.size(0), x.size(1), x.size(2), x.size(3)), x.scalar_type()));
        }
        return x.mean(Mean.POSITIONS, false, new ScalarTypeOptional(Precision.FP32.type()));
    }

    @Override
    public void gradient(Frame frame, Tensor g) {
        Memo memo = (Memo) frame.memo();
        long[] shape = memo.shape.stream().mapToLong(Long::longValue).toArray();
        Tensor perChannel =
                g.div(new Scalar((double) shape[2] * shape[3])).to(memo.type).view(shape[0], shape[1], 1, 1);
        frame.giveSpread(0, perChannel, shape);
    }

    @Override
    public <R> R accept(OpVisitor<R> visitor) {
        return visitor.visit(this);
    }
}
