package io.meristem.op;

import io.meristem.engine.Tensors;
import java.util.List;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Zeroes each value with probability {@code p} and scales the rest by {@code 1 / (1 - p)}. A graph for evaluation has none. */
public record Dropout(double p) implements Op {

    /** @param mask to hand to {@link #gradient(Tensor, Tensor)}; null where none was asked for */
    public record Dropped(Tensor values, Tensor mask) {}

    @Override
    public Shape shape(List<Shape> inputs) {
        return inputs.get(0);
    }

    @Override
    public Tensor forward(Frame frame, Tensor... inputs) {
        Dropped dropped = drop(inputs[0], frame.flows());
        if (dropped.mask() != null) {
            frame.save(dropped.mask());
        }
        return dropped.values();
    }

    /** Drops from {@code x}; the current scope owns the result. */
    public Dropped drop(Tensor x, boolean masked) {
        if (!masked) {
            return new Dropped(torch.dropout(x, p, true), null);
        }
        T_TensorTensor_T result = torch.native_dropout(x, p, new BoolOptional(true));
        return new Dropped(Tensors.own(result.get0()), Tensors.own(result.get1()));
    }

    @Override
    public void gradient(Frame frame, Tensor g) {
        frame.give(0, gradient(g, frame.saved(0)));
    }

    public Tensor gradient(Tensor g, Tensor mask) {
        return torch.native_dropout_backward(g, mask, 1 / (1 - p));
    }

    @Override
    public long extraBytes(List<Shape> inputs, Shape output, Outlook outlook) {
        return output.numbers();
    }

    @Override
    public <R> R accept(OpVisitor<R> visitor) {
        return visitor.visit(this);
    }
}
