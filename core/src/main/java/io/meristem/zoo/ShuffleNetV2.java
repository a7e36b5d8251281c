package io.meristem.zoo;

import io.meristem.graph.GraphBuilder;
import io.meristem.graph.Node;
import io.meristem.op.Activation;
import io.meristem.op.BatchNorm;
import io.meristem.op.ChannelShuffle;
import io.meristem.op.ChannelSlice;
import io.meristem.op.Concat;
import io.meristem.op.Conv2d;
import io.meristem.op.GlobalPool;
import io.meristem.op.Linear;
import io.meristem.op.MaxPool;
import java.util.List;

/**
 * ShuffleNetV2 (Ma et al. 2018), named as torchvision's {@code shufflenet_v2_x0_5} to {@code shufflenet_v2_x2_0}.
 *
 * <p>Shapes: input (N, 3, H, W); features (N, last, H/32, W/32), rounded up at each stride; logits (N, classes). Starts as PyTorch's layers do.
 */
final class ShuffleNetV2 {

    private static final int STEM = 24;

    /** Units of the stages 2, 3 and 4. */
    private static final int[] UNITS = {4, 8, 4};

    private ShuffleNetV2() {}

    static List<ModelSpec> all() {
        return List.of(
                spec("x0_5", "shufflenetv2_x0.5-f707e7126e.pth", 1024, 48, 96, 192),
                spec("x1_0", "shufflenetv2_x1-5666bf0f80.pth", 1024, 116, 232, 464),
                spec("x1_5", "shufflenetv2_x1_5-3c479a10.pth", 1024, 176, 352, 704),
                spec("x2_0", "shufflenetv2_x2_0-8be3c8ee.pth", 2048, 244, 488, 976));
    }

    /**
     * Table 5 of the paper.
     *
     * @param last channels of the features
     * @param stages channels of the stages 2, 3 and 4
     */
    private static ModelSpec spec(String size, String file, int last, int... stages) {
        return ModelSpec.of(
                        "shufflenet_v2_" + size,
                        "ShuffleNetV2",
                        "torchvision",
                        (b, classes) -> define(b, last, stages, classes))
                .withHead("fc")
                .withWeights(List.of(WeightSource.torchvision("imagenet1k_v1", file)));
    }

    private static Node define(GraphBuilder b, int last, int[] stages, int classes) {
        Node x = convNorm(b.in("conv1"), 0, b.input(), 3, STEM, 3, 2, 1);
        x = b.add("maxpool", new MaxPool(3, 2, 1), b.add("conv1.2", Activation.RELU, x)); // (N, 24, H/4, W/4)
        int in = STEM;
        for (int stage = 0; stage < stages.length; stage++) {
            GraphBuilder s = b.in("stage" + (stage + 2));
            x = halving(s.in("0"), x, in, stages[stage]);
            for (int unit = 1; unit < UNITS[stage]; unit++) {
                x = unit(s.in(String.valueOf(unit)), x, stages[stage]); // (N, stages[stage], H/8.., W/8..)
            }
            in = stages[stage];
        }
        x = convNorm(b.in("conv5"), 0, x, in, last, 1, 1, 1);
        x = b.add("conv5.2", Activation.RELU, x);
        b.features(x, 32); // (N, last, H/32, W/32)
        return b.add("fc", new Linear(last, classes, true), b.add(new GlobalPool(), x));
    }

    /** One half of the channels goes through the branch, the other stays. */
    private static Node unit(GraphBuilder b, Node x, int channels) {
        int half = channels / 2;
        return b.block(() -> {
            Node stays = b.add(new ChannelSlice(0, half), x);
            Node y = branch(b.in("branch2"), b.add(new ChannelSlice(half, channels), x), half, half, 1);
            return b.add(new ChannelShuffle(2), b.add(new Concat(), stays, y));
        });
    }

    /** All channels go through both branches, which halve the resolution. */
    private static Node halving(GraphBuilder b, Node x, int in, int out) {
        int half = out / 2;
        return b.block(() -> {
            GraphBuilder first = b.in("branch1");
            Node a = convNorm(first, 0, x, in, in, 3, 2, in);
            a = first.add("4", Activation.RELU, convNorm(first, 2, a, in, half, 1, 1, 1));
            Node c = branch(b.in("branch2"), x, in, half, 2);
            return b.add(new ChannelShuffle(2), b.add(new Concat(), a, c));
        });
    }

    /** Pointwise, depthwise 3x3, pointwise. */
    private static Node branch(GraphBuilder b, Node x, int in, int out, int stride) {
        Node y = b.add("2", Activation.RELU, convNorm(b, 0, x, in, out, 1, 1, 1));
        y = convNorm(b, 3, y, out, out, 3, stride, out);
        return b.add("7", Activation.RELU, convNorm(b, 5, y, out, out, 1, 1, 1));
    }

    /** @param index of the convolution's name; the normalisation has the next */
    private static Node convNorm(
            GraphBuilder b, int index, Node x, int in, int out, int kernel, int stride, int groups) {
        Conv2d conv = new Conv2d(in, out, kernel, stride, kernel / 2, groups, false);
        return b.add(String.valueOf(index + 1), new BatchNorm(out), b.add(String.valueOf(index), conv, x));
    }
}
