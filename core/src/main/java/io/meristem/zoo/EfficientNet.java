package io.meristem.zoo;

import io.meristem.graph.GraphBuilder;
import io.meristem.graph.Node;
import io.meristem.op.Activation;
import io.meristem.op.Add;
import io.meristem.op.BatchNorm;
import io.meristem.op.Conv2d;
import io.meristem.op.GlobalPool;
import io.meristem.op.Init;
import io.meristem.op.Linear;
import io.meristem.op.Window;
import java.util.List;

/**
 * EfficientNet (Tan and Le 2019) in its Lite form for phones: ReLU6, no channel gates, stem and last stages the same at each size; named as timm's
 * {@code tf_efficientnet_lite*}, with TensorFlow's padding. Stochastic depth and dropout are off.
 *
 * <p>Shapes: input (N, 3, H, W); features (N, 1280, H/32, W/32), rounded up at each stride; logits (N, classes). Convolutions start as timm's do, normal over the
 * fan-out of a group; the classifier is normal with 0.01 and bias 0, since timm's own, uniform in +-1/sqrt(classes), is so large with few classes that fine-tuning starts
 * with a loss of 4 and more.
 */
final class EfficientNet {

    private static final int STEM = 32;
    private static final int LAST = 1280;

    /** What TensorFlow's batch normalisation adds to the variance. */
    private static final double EPS = 1e-3;

    /** Per stage: expansion, channels at width 1, blocks at depth 1, stride of the first block, kernel. Table 1 of the paper. */
    private static final int[][] STAGES = {
        {1, 16, 1, 1, 3},
        {6, 24, 2, 2, 3},
        {6, 40, 2, 2, 5},
        {6, 80, 3, 2, 3},
        {6, 112, 3, 1, 5},
        {6, 192, 4, 2, 5},
        {6, 320, 1, 1, 3}
    };

    private EfficientNet() {}

    static List<ModelSpec> all() {
        return List.of(
                lite(0, 1.0, 1.0, 224),
                lite(1, 1.0, 1.1, 240),
                lite(2, 1.1, 1.2, 260),
                lite(3, 1.2, 1.4, 300),
                lite(4, 1.4, 1.8, 380));
    }

    private static ModelSpec lite(int size, double width, double depth, int pixels) {
        List<Float> half = List.of(0.5f, 0.5f, 0.5f);
        return ModelSpec.of(
                        "tf_efficientnet_lite" + size,
                        "EfficientNet-Lite",
                        "timm",
                        (b, classes) -> define(b, width, depth, classes))
                .withInputSize(pixels)
                .withNormalisation(half, half)
                .withHead("classifier")
                .withTimmWeights("in1k");
    }

    private static Node define(GraphBuilder b, double width, double depth, int classes) {
        Node x = convNormAct(b, "conv_stem", "bn1", b.input(), 3, STEM, 3, 2, 1);
        int in = STEM;
        for (int stage = 0; stage < STAGES.length; stage++) {
            int[] row = STAGES[stage];
            boolean scales = stage > 0 && stage < STAGES.length - 1;
            int blocks = scales ? (int) Math.ceil(row[2] * depth) : row[2];
            int out = MobileNetV2.divisible(row[1] * width);
            for (int i = 0; i < blocks; i++) {
                x = block(b.in("blocks." + stage + "." + i), x, in, out, i == 0 ? row[3] : 1, row[4], row[0]);
                in = out;
            }
        }
        x = convNormAct(b, "conv_head", "bn2", x, in, LAST, 1, 1, 1);
        b.features(x, 32); // (N, 1280, H/32, W/32)
        Linear head = new Linear(LAST, classes, true, Init.normal(0.01), Init.constant(0));
        return b.add("classifier", head, b.add(new GlobalPool(), x));
    }

    /** Pointwise expansion, depthwise, linear pointwise projection; its input is added where the shape stays. */
    private static Node block(GraphBuilder b, Node x, int in, int out, int stride, int kernel, int expansion) {
        int hidden = in * expansion;
        return b.block(() -> {
            Node y = x;
            int norm = 1;
            if (expansion > 1) {
                y = convNormAct(b, "conv_pw", "bn" + norm++, y, in, hidden, 1, 1, 1);
            }
            y = convNormAct(b, "conv_dw", "bn" + norm++, y, hidden, hidden, kernel, stride, hidden);
            String last = expansion > 1 ? "conv_pwl" : "conv_pw";
            y = convNorm(b, last, "bn" + norm, y, hidden, out, 1, 1, 1); // (N, out, H/stride, W/stride)
            return stride == 1 && in == out ? b.add(new Add(), y, x) : y;
        });
    }

    private static Node convNormAct(
            GraphBuilder b, String conv, String norm, Node x, int in, int out, int kernel, int stride, int groups) {
        Node y = convNorm(b, conv, norm, x, in, out, kernel, stride, groups);
        return b.add(norm + ".act", Activation.RELU6, y);
    }

    private static Node convNorm(
            GraphBuilder b, String conv, String norm, Node x, int in, int out, int kernel, int stride, int groups) {
        Init init = Init.normal(Math.sqrt(2.0 * groups / ((double) out * kernel * kernel)));
        Conv2d op = new Conv2d(in, out, Window.same(kernel, stride), groups, false, init, Init.constant(0));
        return b.add(norm, new BatchNorm(out, EPS), b.add(conv, op, x));
    }
}
