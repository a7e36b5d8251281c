package io.meristem.zoo;

import io.meristem.graph.GraphBuilder;
import io.meristem.graph.Node;
import io.meristem.op.Activation;
import io.meristem.op.Add;
import io.meristem.op.BatchNorm;
import io.meristem.op.Conv2d;
import io.meristem.op.Dropout;
import io.meristem.op.GlobalPool;
import io.meristem.op.Init;
import io.meristem.op.Linear;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * MobileNetV2 (Sandler et al. 2018) at any width, named as torchvision's {@code mobilenet_v2}.
 *
 * <p>Shapes: input (N, 3, H, W); features (N, 1280 max(1, width), H/32, W/32), rounded up at each stride; logits (N, classes). Starts as
 * torchvision's does: convolutions He-normal over the fan-out, the classifier normal with 0.01 and bias 0.
 */
final class MobileNetV2 {

    /** Per stage: expansion, channels at width 1, blocks, stride of the first block. Table 2 of the paper. */
    private static final int[][] STAGES = {
        {1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}
    };

    private static final Pattern WIDTH = Pattern.compile("mobilenet_v2_(\\d{3})");

    private MobileNetV2() {}

    static List<ModelSpec> all() {
        return List.of(spec("mobilenet_v2", 1)
                .withWeights(List.of(
                        WeightSource.torchvision("imagenet1k_v1", "mobilenet_v2-b0353104.pth"),
                        WeightSource.torchvision("imagenet1k_v2", "mobilenet_v2-7ebf99e0.pth"))));
    }

    /** The network of a name such as {@code mobilenet_v2_035}, with 0.35 of the channels: any three digits but 000, in hundredths. */
    static Optional<ModelSpec> named(String name) {
        Matcher width = WIDTH.matcher(name);
        return width.matches() && !width.group(1).equals("000")
                ? Optional.of(spec(name, Integer.parseInt(width.group(1)) / 100.0))
                : Optional.empty();
    }

    private static ModelSpec spec(String name, double width) {
        return ModelSpec.of(name, "MobileNetV2", "torchvision", (b, classes) -> define(b, width, classes))
                .withHead("classifier.1");
    }

    private static Node define(GraphBuilder b, double width, int classes) {
        int in = divisible(32 * width);
        int last = divisible(1280 * Math.max(1, width));
        GraphBuilder f = b.in("features");
        Node x = convNorm(f.in("0"), b.input(), 3, in, 3, 2, 1);
        int index = 1;
        for (int[] stage : STAGES) {
            int out = divisible(stage[1] * width);
            for (int i = 0; i < stage[2]; i++) {
                x = block(f.in(index++ + ".conv"), x, in, out, i == 0 ? stage[3] : 1, stage[0]);
                in = out;
            }
        }
        x = convNorm(f.in(String.valueOf(index)), x, in, last, 1, 1, 1);
        b.features(x, 32); // (N, last, H/32, W/32)
        x = b.add(new GlobalPool(), x);
        x = b.add("classifier.0", new Dropout(0.2), x);
        return b.add("classifier.1", new Linear(last, classes, true, Init.normal(0.01), Init.constant(0)), x);
    }

    /** Pointwise expansion, depthwise 3x3, linear pointwise projection; its input is added where the shape stays. */
    private static Node block(GraphBuilder b, Node x, int in, int out, int stride, int expansion) {
        int hidden = in * expansion;
        return b.block(() -> {
            int index = 0;
            Node y = expansion == 1 ? x : convNorm(b.in(String.valueOf(index++)), x, in, hidden, 1, 1, 1);
            y = convNorm(b.in(String.valueOf(index++)), y, hidden, hidden, 3, stride, hidden);
            y = b.add(String.valueOf(index++), conv(hidden, out, 1, 1, 1), y);
            y = b.add(String.valueOf(index), new BatchNorm(out), y); // (N, out, H/stride, W/stride)
            return stride == 1 && in == out ? b.add(new Add(), y, x) : y;
        });
    }

    private static Node convNorm(GraphBuilder b, Node x, int in, int out, int kernel, int stride, int groups) {
        Node y = b.add("0", conv(in, out, kernel, stride, groups), x);
        return b.add("2", Activation.RELU6, b.add("1", new BatchNorm(out), y));
    }

    private static Conv2d conv(int in, int out, int kernel, int stride, int groups) {
        Init init = Init.normal(Math.sqrt(2.0 / ((double) out * kernel * kernel)));
        return new Conv2d(in, out, kernel, stride, kernel / 2, groups, false, init, Init.constant(0));
    }

    /** The nearest multiple of 8, at least 8, and never less than nine tenths of {@code channels}. */
    static int divisible(double channels) {
        int rounded = Math.max(8, (int) (channels + 4) / 8 * 8);
        return rounded < 0.9 * channels ? rounded + 8 : rounded;
    }
}
