package io.meristem.nn;

import org.bytedeco.pytorch.Tensor;
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
    public Tensor forward(Tensor x) {
        Tensor y = torch.adaptive_avg_pool2d(features.forward(x), SIDE, SIDE); // (N, 256, 6, 6)
        return classifier.forward(y.flatten(1, -1)); // (N, classes)
    }

    /** The largest of each 3x3 window, two apart: (N, C, H, W) to (N, C, (H - 1) / 2, (W - 1) / 2). */
    private static final class Halve extends Layer {

        private static final long[] KERNEL = {3, 3};
        private static final long[] STRIDE = {2, 2};
        private static final long[] PADDING = {0, 0};
        private static final long[] DILATION = {1, 1};

        @Override
        public Tensor forward(Tensor x) {
            return torch.max_pool2d(x, KERNEL, STRIDE, PADDING, DILATION, false);
        }
    }
}
