package io.meristem.nn;

import io.meristem.engine.Tensors;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Scales each channel by a gate computed from all channels' means (Hu et al. 2018): {@code x * sigmoid(fc2(relu(fc1(mean(x)))))}.
 *
 * <p>Shapes: input and output (N, C, H, W); fc1 and fc2 are pointwise convolutions C to {@code reduced} and back, on (N, C, 1, 1).
 */
final class SqueezeExcite extends Layer {

    private static final long[] POSITIONS = {2, 3};

    private final Conv2d fc1;
    private final Conv2d fc2;

    SqueezeExcite(Conv2d fc1, Conv2d fc2) {
        this.fc1 = child("fc1", fc1);
        this.fc2 = child("fc2", fc2);
    }

    @Override
    public Tensor forward(Tensor x, Tape tape) {
        boolean through = tape.flowing();
        Tape side = tape.branch();
        Tensor mean = mean(x); // (N, C, 1, 1)
        Tensor gate =
                Activation.SIGMOID.apply(fc2.forward(Activation.RELU.apply(fc1.forward(mean, side), side), side), side);
        if (!side.flowing()) {
            return x.requires_grad() ? x.mul(gate) : Tensors.inPlace(x, x.mul_(gate));
        }
        tape.push(
                (g, mine) -> {
                    Tensor ofMean = side.backward(g.mul(x).sum(POSITIONS, true, same()));
                    if (!through) {
                        return null;
                    }
                    double positions = (double) x.size(2) * x.size(3);
                    return torch.addcmul(ofMean.div(new Scalar(positions)), g, gate);
                },
                x,
                gate);
        return x.mul(gate);
    }

    @Override
    public <V> V describe(V x, GraphOps<V> ops) {
        V hidden = ops.activation(fc1.describe(ops.mean(x), ops), Activation.RELU);
        return ops.gate(x, ops.activation(fc2.describe(hidden, ops), Activation.SIGMOID));
    }

    /** The dtype of the input. */
    private static ScalarTypeOptional same() {
        return new ScalarTypeOptional((Pointer) null);
    }

    private static Tensor mean(Tensor x) {
        return x.mean(POSITIONS, true, same());
    }
}
