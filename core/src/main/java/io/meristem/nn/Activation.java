package io.meristem.nn;

import io.meristem.engine.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A function of each value; the shape stays.
 *
 * <p>It may overwrite its input, which must therefore be what a convolution, a linear map, a batch normalisation or a sum just gave: nothing
 * else reads that, and none of the four needs its output to compute gradients.
 */
public enum Activation {
    RELU {
        @Override
        public Tensor apply(Tensor x, Tape tape) {
            Tensor y = Tensors.inPlace(x, x.relu_());
            if (tape.flowing()) {
                tape.push(
                        (g, mine) -> mine
                                ? Tensors.inPlace(g, torch.threshold_backward_out(g, g, y, new Scalar(0.0)))
                                : torch.threshold_backward(g, y, new Scalar(0.0)),
                        y);
            }
            return y;
        }
    },
    /** {@code min(max(x, 0), 6)}; the engine's own gradient needs the input, ours does with the output. */
    RELU6 {
        @Override
        public Tensor apply(Tensor x, Tape tape) {
            Tensor y = x.requires_grad() ? torch.relu6(x) : Tensors.inPlace(x, torch.relu6_(x));
            if (tape.flowing()) {
                tape.push(
                        (g, mine) -> mine
                                ? Tensors.inPlace(
                                        g, torch.hardtanh_backward_out(g, g, y, new Scalar(0.0), new Scalar(6.0)))
                                : torch.hardtanh_backward(g, y, new Scalar(0.0), new Scalar(6.0)),
                        y);
            }
            return y;
        }
    },
    SIGMOID {
        @Override
        public Tensor apply(Tensor x, Tape tape) {
            Tensor y = Tensors.inPlace(x, x.sigmoid_());
            if (tape.flowing()) {
                tape.push((g, mine) -> torch.sigmoid_backward(g, y), y);
            }
            return y;
        }
    },
    /** {@code x * Phi(x)} with the exact Gaussian distribution function; its gradient needs its input. */
    GELU {
        @Override
        public Tensor apply(Tensor x, Tape tape) {
            if (tape.flowing()) {
                tape.push(
                        (g, mine) ->
                                mine ? Tensors.inPlace(g, torch.gelu_backward_out(g, g, x)) : torch.gelu_backward(g, x),
                        x);
                return torch.gelu(x);
            }
            return x.requires_grad() ? torch.gelu(x) : Tensors.inPlace(x, torch.gelu_(x));
        }
    };

    /** @return the result, owned by the caller's scope; maybe {@code x} itself */
    public abstract Tensor apply(Tensor x, Tape tape);

    /** This function as a layer without parameters. */
    Layer layer() {
        return new Layer() {
            @Override
            public Tensor forward(Tensor x, Tape tape) {
                return apply(x, tape);
            }

            @Override
            public <V> V describe(V x, GraphOps<V> ops) {
                return ops.activation(x, Activation.this);
            }
        };
    }
}
