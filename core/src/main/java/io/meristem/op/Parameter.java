package io.meristem.op;

import io.meristem.engine.Precision;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** A tensor of the network as a value of its own, such as a scale for each channel or a token that is learned. It has no N. */
public record Parameter(Init init, Shape of) implements Op {

    @Override
    public List<Slot> slots() {
        return List.of(Slot.of(
                "", init, of.sizes().stream().mapToLong(Integer::longValue).toArray()));
    }

    @Override
    public Shape shape(List<Shape> inputs) {
        return of;
    }

    @Override
    public Precision precision(List<Precision> inputs, Precision own) {
        return Precision.FP32;
    }

    @Override
    public Tensor forward(Frame frame, Tensor... inputs) {
        return param(frame).value();
    }

    @Override
    public void gradient(Frame frame, Tensor g) {
        param(frame).setGradient(g);
    }

    /** What the network owns is nobody else's to overwrite. */
    @Override
    public boolean isView() {
        return true;
    }

    private static Param param(Frame frame) {
        return frame.layer().params().get("");
    }

    @Override
    public <R> R accept(OpVisitor<R> visitor) {
        return visitor.visit(this);
    }
}
