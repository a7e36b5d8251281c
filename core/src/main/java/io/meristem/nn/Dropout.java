package io.meristem.nn;

import io.meristem.engine.Tensors;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Zeroes each value with probability {@code p} and scales the rest by {@code 1 / (1 - p)} while training; hands its input on otherwise. */
public final class Dropout extends Layer {

    private final double p;
    private boolean training;

    public Dropout(double p) {
        this.p = p;
    }

    @Override
    public void train(boolean on) {
        training = on;
    }

    @Override
    public Tensor forward(Tensor x, Tape tape) {
        return training ? apply(x, p, tape) : x;
    }

    @Override
    public <V> V describe(V x, GraphOps<V> ops) {
        return x;
    }

    /** Drops from {@code x} with probability {@code p}. */
    public static Tensor apply(Tensor x, double p, Tape tape) {
        if (!tape.flowing()) {
            return torch.dropout(x, p, true);
        }
        T_TensorTensor_T result = torch.native_dropout(x, p, new BoolOptional(true));
        Tensor mask = Tensors.own(result.get1());
        tape.push((g, mine) -> torch.native_dropout_backward(g, mask, 1 / (1 - p)), mask);
        return Tensors.own(result.get0());
    }
}
