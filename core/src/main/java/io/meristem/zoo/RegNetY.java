package io.meristem.zoo;

import io.meristem.graph.GraphBuilder;
import io.meristem.graph.Node;
import io.meristem.op.Activation;
import io.meristem.op.Add;
import io.meristem.op.BatchNorm;
import io.meristem.op.Conv2d;
import io.meristem.op.Gate;
import io.meristem.op.GlobalPool;
import io.meristem.op.Init;
import io.meristem.op.Linear;
import io.meristem.op.Mean;
import java.util.List;

/**
 * RegNetY (Radosavovic et al. 2020), named as timm's {@code regnety_*}: four stages of bottlenecks with grouped convolutions and channel
 * gates, their widths from a quantised line.
 *
 * <p>Shapes: input (N, 3, H, W); features (N, last width, H/32, W/32), rounded up at each stride; logits (N, classes). Starts as timm's does:
 * convolutions normal over the fan-out of a group, each block's last scale 0, the classifier normal with 0.01 and bias 0.
 */
final class RegNetY {

    private static final int STEM = 32;
    private static final double GATE_RATIO = 0.25;

    private RegNetY() {}

    static List<ModelSpec> all() {
        return List.of(
                spec("002", 24, 36.44, 2.49, 8, 13, "pycls_in1k"),
                spec("004", 48, 27.89, 2.09, 8, 16, "tv2_in1k", "pycls_in1k"),
                spec("006", 48, 32.54, 2.32, 16, 15, "pycls_in1k"),
                spec("008", 56, 38.84, 2.4, 16, 14, "pycls_in1k"),
                spec("016", 48, 20.71, 2.65, 24, 27, "tv2_in1k", "pycls_in1k"),
                spec("032", 80, 42.63, 2.66, 24, 21, "ra_in1k", "tv2_in1k", "pycls_in1k"),
                spec("040", 96, 31.41, 2.24, 64, 22, "ra3_in1k", "pycls_in1k"),
                spec("064", 112, 33.22, 2.27, 72, 25, "ra3_in1k", "pycls_in1k"),
                spec("080", 192, 76.82, 2.19, 56, 17, "ra3_in1k", "pycls_in1k"),
                spec("120", 168, 73.36, 2.37, 112, 19, "sw_in12k_ft_in1k", "sw_in12k", "pycls_in1k"),
                spec(
                        "160",
                        200,
                        106.23,
                        2.48,
                        112,
                        18,
                        "sw_in12k_ft_in1k",
                        "lion_in12k_ft_in1k",
                        "sw_in12k",
                        "deit_in1k",
                        "tv2_in1k",
                        "swag_lc_in1k",
                        "pycls_in1k"),
                spec("320", 232, 115.89, 2.53, 232, 20, "tv2_in1k", "swag_lc_in1k", "pycls_in1k"));
    }

    private static ModelSpec spec(String size, int w0, double wa, double wm, int group, int depth, String... tags) {
        Design design = new Design(w0, wa, wm, group, depth);
        return ModelSpec.of("regnety_" + size, "RegNetY", "timm", (b, classes) -> define(b, design, classes))
                .withHead("head.fc")
                .withTimmWeights(tags);
    }

    /**
     * The design parameters: block {@code i} wants {@code w0 + wa i} channels, which is rounded to {@code w0} times a power of {@code wm},
     * then to a multiple of 8, then to one of {@code group}.
     *
     * @param group channels per group of the 3x3 convolutions
     * @param depth blocks in all
     */
    record Design(int w0, double wa, double wm, int group, int depth) {

        /** Output channels of each block; where they change a stage begins. */
        int[] widths() {
            int[] widths = new int[depth];
            for (int i = 0; i < depth; i++) {
                double exponent = Math.rint(Math.log((w0 + wa * i) / w0) / Math.log(wm));
                double width = 8 * Math.rint(w0 * Math.pow(wm, exponent) / 8);
                widths[i] = (int) (group * Math.rint(width / group));
            }
            return widths;
        }
    }

    private static Node define(GraphBuilder b, Design design, int classes) {
        Node x = convNormAct(b.in("stem"), b.input(), 3, STEM, 3, 2, 1);
        int in = STEM;
        int stage = 0;
        int block = 0;
        for (int out : design.widths()) {
            boolean first = stage == 0 || out != in;
            if (first) {
                stage++;
                block = 0;
            }
            x = block(b.in("s" + stage + ".b" + ++block), x, in, out, first ? 2 : 1, design.group());
            in = out;
        }
        b.features(x, 32); // (N, last width, H/32, W/32)
        x = b.add(new GlobalPool(), x);
        return b.add("head.fc", new Linear(in, classes, true, Init.normal(0.01), Init.constant(0)), x);
    }

    /** Pointwise, grouped 3x3, channel gate, linear pointwise; plus its input, projected where the shape changes; then ReLU. */
    private static Node block(GraphBuilder b, Node x, int in, int out, int stride, int group) {
        return b.block(() -> {
            Node y = convNormAct(b.in("conv1"), x, in, out, 1, 1, 1);
            y = convNormAct(b.in("conv2"), y, out, out, 3, stride, out / group); // (N, out, H/stride, W/stride)
            y = gated(b.in("se"), y, out, (int) Math.rint(in * GATE_RATIO));
            y = b.add("conv3.conv", conv(out, out, 1, 1, 1, false), y);
            y = b.add("conv3.bn", new BatchNorm(out, 1e-5, Init.constant(0)), y);
            Node shortcut = x;
            if (in != out || stride != 1) {
                shortcut = convNorm(b.in("downsample"), x, in, out, 1, stride, 1);
            }
            return b.add(Activation.RELU, b.add(new Add(), y, shortcut));
        });
    }

    /** Each channel times a gate computed from all channels' means (Hu et al. 2018). */
    private static Node gated(GraphBuilder b, Node x, int channels, int reduced) {
        Node gate = b.add("fc1", conv(channels, reduced, 1, 1, 1, true), b.add(new Mean(), x)); // (N, reduced, 1, 1)
        gate = b.add("fc2", conv(reduced, channels, 1, 1, 1, true), b.add(Activation.RELU, gate));
        return b.add(new Gate(), x, b.add(Activation.SIGMOID, gate));
    }

    private static Node convNormAct(GraphBuilder b, Node x, int in, int out, int kernel, int stride, int groups) {
        return b.add("act", Activation.RELU, convNorm(b, x, in, out, kernel, stride, groups));
    }

    private static Node convNorm(GraphBuilder b, Node x, int in, int out, int kernel, int stride, int groups) {
        return b.add("bn", new BatchNorm(out), b.add("conv", conv(in, out, kernel, stride, groups, false), x));
    }

    private static Conv2d conv(int in, int out, int kernel, int stride, int groups, boolean bias) {
        Init init = Init.normal(Math.sqrt(2.0 * groups / ((double) out * kernel * kernel)));
        return new Conv2d(in, out, kernel, stride, kernel / 2, groups, bias, init, Init.constant(0));
    }
}
