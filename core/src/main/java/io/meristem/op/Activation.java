package io.meristem.op;

import io.meristem.engine.Tensors;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** A function of each value; the shape stays. */
public enum Activation implements Op {
    RELU {
        @Override
        public Tensor forward(Frame frame, Tensor... inputs) {
            Tensor x = inputs[0];
            return frame.overwrites() ? Tensors.inPlace(x, x.relu_()) : torch.relu(x);
        }

        @Override
        public void gradient(Frame frame, Tensor g) {
            Tensor y = frame.output();
            Scalar zero = new Scalar(0.0);
            frame.give(
                    0,
                    frame.mine()
                            ? Tensors.inPlace(g, torch.threshold_backward_out(g, g, y, zero))
                            : torch.threshold_backward(g, y, zero));
        }
    },
    /** {@code min(max(x, 0), 6)}; the engine's own gradient needs the input, ours does with the output. */
    RELU6 {
        @Override
        public Tensor forward(Frame frame, Tensor... inputs) {
            Tensor x = inputs[0];
            return frame.overwrites() ? Tensors.inPlace(x, torch.relu6_(x)) : torch.relu6(x);
        }

        @Override
        public void gradient(Frame frame, Tensor g) {
            Tensor y = frame.output();
            Scalar least = new Scalar(0.0);
            Scalar most = new Scalar(6.0);
            frame.give(
                    0,
                    frame.mine()
                            ? Tensors.inPlace(g, torch.hardtanh_backward_out(g, g, y, least, most))
                            : torch.hardtanh_backward(g, y, least, most));
        }
    },
    SIGMOID {
        @Override
        public Tensor forward(Frame frame, Tensor... inputs) {
            Tensor x = inputs[0];
            return frame.overwrites() ? Tensors.inPlace(x, x.sigmoid_()) : torch.sigmoid(x);
        }

        @Override
        public void gradient(Frame frame, Tensor g) {
            frame.give(0, torch.sigmoid_backward(g, frame.output()));
        }
    },
    /** {@code x * Phi(x)} with the exact Gaussian distribution function; its gradient needs its input. */
    GELU {
        @Override
        public Tensor forward(Frame frame, Tensor... inputs) {
            Tensor x = inputs[0];
            return frame.overwrites() ? Tensors.inPlace(x, torch.gelu_(x)) : torch.gelu(x);
        }

        @Override
        public void gradient(Frame frame, Tensor g) {
            Tensor x = frame.input(0);
            frame.give(
                    0, frame.mine() ? Tensors.inPlace(g, torch.gelu_backward_out(g, g, x)) : torch.gelu_backward(g, x));
        }

        @Override
        public boolean readsInput(int input, Outlook outlook) {
            return true;
        }

        @Override
        public boolean readsOutput(Outlook outlook) {
            return false;
        }

        /** What follows is usually a map four times as large as the others. */
        @Override
        public boolean isCheap() {
            return true;
        }
    };

    @Override
    public Shape shape(List<Shape> inputs) {
        return inputs.get(0);
    }

    @Override
    public boolean readsOutput(Outlook outlook) {
        return true;
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
