package io.meristem.op;

import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** Images seen as maps with channels last, or back: no number moves. */
public enum Channels implements Op {
    /** (N, C, H, W) to (N, H, W, C). */
    LAST {
        @Override
        Tensor permuted(Tensor x) {
            return x.permute(0, 2, 3, 1);
        }
    },
    /** (N, H, W, C) to (N, C, H, W). */
    FIRST {
        @Override
        Tensor permuted(Tensor x) {
            return x.permute(0, 3, 1, 2);
        }
    };

    abstract Tensor permuted(Tensor x);

    @Override
    public Shape shape(List<Shape> inputs) {
        Shape x = inputs.get(0).requireRank(3, "an order of channels");
        return this == LAST ? Shape.of(x.size(1), x.size(2), x.size(0)) : Shape.of(x.size(2), x.size(0), x.size(1));
    }

    @Override
    public Tensor forward(Frame frame, Tensor... inputs) {
        return permuted(inputs[0]);
    }

    @Override
    public void gradient(Frame frame, Tensor g) {
        frame.give(0, (this == LAST ? FIRST : LAST).permuted(g));
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
