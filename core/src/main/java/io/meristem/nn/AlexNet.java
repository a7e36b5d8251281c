package io.meristem.nn;

import io.meristem.engine.Tensors;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * AlexNet in its one-column form (Krizhevsky 2014), named as torchvision's {@code alexnet}.
 *
 * <p>Shapes: input (N, 3, H, W), 63 pixels or more; features (N, 256, 6, 6) after adaptive pooling; logits (N, classes). Starts as PyTorch's
 * layers do.
 */
final class AlexNet extends Layer {

    private static final int SIDE = 6;
    private static final int HIDDEN = 4096;

    private final Sequence features = child("features", new Sequence());
    private final Sequence classifier = child("classifier", new Sequence());

    AlexNet(int classes) {
        features.add("0", new Conv2d(3, 64, 11, 4, 2, 1, true));
        features.add("1", Activation.RELU.layer()).add("2", new Halve());
        features.add("3", new Conv2d(64, 192, 5, 1, 2, 1, true));
        features.add("4", Activation.RELU.layer()).add("5", new Halve());
        features.add("6", new Conv2d(192, 384, 3, 1, 1, 1, true)).add("7", Activation.RELU.layer());
        features.add("8", new Conv2d(384, 256, 3, 1, 1, 1, true)).add("9", Activation.RELU.layer());
        features.add("10", new Conv2d(256, 256, 3, 1, 1, 1, true)).add("11", Activation.RELU.layer());
        features.add("12", new Halve());
        classifier.add("0", new Dropout(0.5)).add("1", new Linear(256 * SIDE * SIDE, HIDDEN, true));
        classifier.add("2", Activation.RELU.layer());
        classifier.add("3", new Dropout(0.5)).add("4", new Linear(HIDDEN, HIDDEN, true));
        classifier.add("5", Activation.RELU.layer());
        classifier.add("6", new Linear(HIDDEN, classes, true));
    }

    @Override
    public Tensor forward(Tensor x, Tape tape) {
        Tensor y = pool(features.forward(x, tape), tape); // (N, 256, 6, 6)
        long[] shape = y.shape();
        if (tape.flowing()) {
            tape.pushView((g, mine) -> g.view(shape));
        }
        return classifier.forward(y.flatten(1, -1), tape); // (N, classes)
    }

    @Override
    public <V> V describe(V x, GraphOps<V> ops) {
        V y = ops.gridMeans(features.describe(x, ops), SIDE);
        return classifier.describe(ops.flatten(y), ops);
    }

    /** Means over a grid of 6 x 6, which is what an input of 224 pixels gives anyway. */
    private static Tensor pool(Tensor x, Tape tape) {
        if (x.size(2) == SIDE && x.size(3) == SIDE) {
            return x;
        }
        if (tape.flowing()) {
            tape.push((g, mine) -> unpool(g, x), x);
        }
        return torch.adaptive_avg_pool2d(x, SIDE, SIDE);
    }

    /** Through the engine's own differentiation: its kernel for this one gradient cannot be called directly. */
    private static Tensor unpool(Tensor g, Tensor x) {
        try (AutoGradMode on = new AutoGradMode(true)) {
            Tensor leaf = x.detach().requires_grad_(true);
            torch.adaptive_avg_pool2d(leaf, SIDE, SIDE)
                    .backward(g, new BoolOptional(), false, new TensorArrayRefOptional());
            return Tensors.own(leaf.grad());
        }
    }

    /** The largest of each 3x3 window, two apart: (N, C, H, W) to (N, C, (H - 1) / 2, (W - 1) / 2). */
    private static final class Halve extends Layer {

        private static final int WINDOW = 3;
        private static final int STEP = 2;
        private static final long[] KERNEL = {WINDOW, WINDOW};
        private static final long[] STRIDE = {STEP, STEP};
        private static final long[] PADDING = {0, 0};
        private static final long[] DILATION = {1, 1};

        @Override
        public Tensor forward(Tensor x, Tape tape) {
            if (!tape.flowing()) {
                return torch.max_pool2d(x, KERNEL, STRIDE, PADDING, DILATION, false);
            }
            T_TensorTensor_T result = torch.max_pool2d_with_indices(x, KERNEL, STRIDE, PADDING, DILATION, false);
            Tensor indices = Tensors.own(result.get1());
            tape.push(
                    (g, mine) -> torch.max_pool2d_with_indices_backward(
                            g, x, KERNEL, STRIDE, PADDING, DILATION, false, indices),
                    x,
                    indices);
            return Tensors.own(result.get0());
        }

        @Override
        public <V> V describe(V x, GraphOps<V> ops) {
            return ops.maxPool(x, WINDOW, STEP);
        }
    }
}
