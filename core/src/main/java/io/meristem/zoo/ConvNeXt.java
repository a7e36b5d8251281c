package io.meristem.zoo;

import io.meristem.graph.GraphBuilder;
import io.meristem.graph.Node;
import io.meristem.op.Activation;
import io.meristem.op.AddScaled;
import io.meristem.op.Channels;
import io.meristem.op.Conv2d;
import io.meristem.op.GlobalPool;
import io.meristem.op.Init;
import io.meristem.op.LayerNorm;
import io.meristem.op.Linear;
import io.meristem.op.Op;
import io.meristem.zoo.ReleaseNames.Rule;
import java.util.List;

/**
 * ConvNeXt (Liu et al. 2022), named as timm's {@code convnext_*}. Stochastic depth is off.
 *
 * <p>Shapes: input (N, 3, H, W); features (N, last width, H/32, W/32), rounded down; logits (N, classes). Starts as timm's does: weights
 * normal with 0.02, biases 0, layer scales 1e-6.
 */
final class ConvNeXt {

    private static final double EPS = 1e-6;
    private static final Init WEIGHT = Init.normal(0.02);
    private static final Init ZERO = Init.constant(0);

    /** Of the authors' first release, which timm's network replaced by its own. */
    private static final ReleaseNames RELEASE = new ReleaseNames(
            "downsample_layers.0.0.weight",
            List.of(
                    new Rule("downsample_layers\\.0\\.([01])\\.", "stem.$1."),
                    new Rule("downsample_layers\\.([123])\\.([01])\\.", "stages.$1.downsample.$2."),
                    new Rule("stages\\.(\\d+)\\.(\\d+)\\.dwconv\\.", "stages.$1.blocks.$2.conv_dw."),
                    new Rule("stages\\.(\\d+)\\.(\\d+)\\.pwconv([12])\\.", "stages.$1.blocks.$2.mlp.fc$3."),
                    new Rule("stages\\.(\\d+)\\.(\\d+)\\.", "stages.$1.blocks.$2."),
                    new Rule("norm\\.", "head.norm."),
                    new Rule("head\\.", "head.fc.")));

    private ConvNeXt() {}

    static List<ModelSpec> all() {
        List<Integer> shallow = List.of(2, 2, 6, 2);
        List<Integer> deep = List.of(3, 3, 27, 3);
        String[] facebook = {"fb_in22k_ft_in1k", "fb_in1k", "fb_in22k"};
        String[] both = {"in12k_ft_in1k", "in12k", "fb_in22k_ft_in1k", "fb_in1k", "fb_in22k"};
        return List.of(
                spec("atto", shallow, 40, true, "d2_in1k"),
                spec("femto", shallow, 48, true, "d1_in1k"),
                spec("pico", shallow, 64, true, "d1_in1k"),
                spec("nano", List.of(2, 2, 8, 2), 80, true, "in12k_ft_in1k", "d1h_in1k", "in12k"),
                spec("tiny", List.of(3, 3, 9, 3), 96, false, both),
                spec("small", deep, 96, false, both),
                spec("base", deep, 128, false, facebook),
                spec("large", deep, 192, false, facebook),
                spec("xlarge", deep, 256, false, "fb_in22k_ft_in1k", "fb_in22k"));
    }

    private static ModelSpec spec(String size, List<Integer> depths, int width, boolean convMlp, String... tags) {
        Design design = new Design(depths, width, convMlp);
        return ModelSpec.of("convnext_" + size, "ConvNeXt", "timm", (b, classes) -> define(b, design, classes))
                .withHead("head.fc")
                .withRelease(RELEASE)
                .withTimmWeights(tags);
    }

    /**
     * @param depths blocks per stage
     * @param width channels of the first stage; each further stage doubles them
     * @param convMlp whether the blocks' maps are pointwise convolutions with weights (out, in, 1, 1) instead of linear with (out, in)
     */
    record Design(List<Integer> depths, int width, boolean convMlp) {}

    private static Node define(GraphBuilder b, Design design, int classes) {
        int channels = design.width();
        Node x = b.add("stem.0", conv(3, channels, 4, 4, 0, 1), b.input());
        x = imageNorm(b, "stem.1", channels, x);
        for (int i = 0; i < design.depths().size(); i++) {
            GraphBuilder stage = b.in("stages." + i);
            if (i > 0) {
                x = imageNorm(stage, "downsample.0", channels, x);
                x = stage.add("downsample.1", conv(channels, 2 * channels, 2, 2, 0, 1), x);
                channels *= 2;
            }
            for (int block = 0; block < design.depths().get(i); block++) {
                x = block(stage.in("blocks." + block), x, channels, design.convMlp());
            }
        }
        b.features(x, 32); // (N, last width, H/32, W/32)
        x = b.add(new GlobalPool(), x);
        x = b.add("head.norm", new LayerNorm(channels, EPS), x);
        return b.add("head.fc", new Linear(channels, classes, true, WEIGHT, ZERO), x);
    }

    /** Depthwise 7x7, layer norm, fourfold expansion, GELU, projection, a scale per channel; its input is added. */
    private static Node block(GraphBuilder b, Node x, int channels, boolean convMlp) {
        return b.block(() -> {
            Node gamma = b.parameter("gamma", Init.constant(1e-6), channels);
            Node y = b.add("conv_dw", conv(channels, channels, 7, 1, 3, channels), x); // (N, C, H, W)
            y = b.add("norm", new LayerNorm(channels, EPS), b.add(Channels.LAST, y)); // (N, H, W, C)
            y = convMlp ? b.add(Channels.FIRST, y) : y;
            y = b.add("mlp.fc1", map(channels, 4 * channels, convMlp), y);
            y = b.add("mlp.fc2", map(4 * channels, channels, convMlp), b.add("mlp.act", Activation.GELU, y));
            y = convMlp ? y : b.add(Channels.FIRST, y); // (N, C, H, W)
            return b.add(new AddScaled(), x, y, gamma);
        });
    }

    private static Node imageNorm(GraphBuilder b, String name, int channels, Node x) {
        return b.add(Channels.FIRST, b.add(name, new LayerNorm(channels, EPS), b.add(Channels.LAST, x)));
    }

    private static Op map(int in, int out, boolean convMlp) {
        return convMlp ? conv(in, out, 1, 1, 0, 1) : new Linear(in, out, true, WEIGHT, ZERO);
    }

    private static Conv2d conv(int in, int out, int kernel, int stride, int padding, int groups) {
        return new Conv2d(in, out, kernel, stride, padding, groups, true, WEIGHT, ZERO);
    }
}
