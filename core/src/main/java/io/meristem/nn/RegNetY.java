package io.meristem.nn;

import org.bytedeco.pytorch.Tensor;

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

    static Layer define(Design design, int classes) {
        Sequence root = new Sequence();
        root.add("stem", convNorm(3, STEM, 3, 2, 1, true));
        int in = STEM;
        int stages = 0;
        int blocks = 0;
        Sequence stage = null;
        for (int out : design.widths()) {
            boolean first = stage == null || out != in;
            if (first) {
                stage = new Sequence();
                root.add("s" + ++stages, stage);
                blocks = 0;
            }
            stage.add("b" + ++blocks, new Block(in, out, first ? 2 : 1, design.group()));
            in = out;
        }
        root.add("pool", new GlobalPool());
        root.add("head", new Sequence().add("fc", new Linear(in, classes, true, Init.normal(0.01), Init.constant(0))));
        return root;
    }

    private static Conv2d conv(int in, int out, int kernel, int stride, int groups, boolean bias) {
        Init init = Init.normal(Math.sqrt(2.0 * groups / ((double) out * kernel * kernel)));
        return new Conv2d(in, out, kernel, stride, kernel / 2, groups, bias, init, Init.constant(0));
    }

    private static Sequence convNorm(int in, int out, int kernel, int stride, int groups, boolean relu) {
        Sequence steps = new Sequence()
                .add("conv", conv(in, out, kernel, stride, groups, false))
                .add("bn", new BatchNorm2d(out));
        return relu ? steps.add("act", Activation.RELU.layer()) : steps;
    }

    /** Pointwise, grouped 3x3, channel gate, linear pointwise; plus its input, projected where the shape changes; then ReLU. */
    private static final class Block extends Layer {

        private final Sequence body;
        private final Sequence downsample;

        Block(int in, int out, int stride, int group) {
            int reduced = (int) Math.rint(in * GATE_RATIO);
            Sequence conv3 = new Sequence()
                    .add("conv", conv(out, out, 1, 1, 1, false))
                    .add("bn", new BatchNorm2d(out, 1e-5, Init.constant(0)));
            body = new Sequence()
                    .add("conv1", convNorm(in, out, 1, 1, 1, true))
                    .add("conv2", convNorm(out, out, 3, stride, out / group, true))
                    .add("se", new SqueezeExcite(conv(out, reduced, 1, 1, 1, true), conv(reduced, out, 1, 1, 1, true)))
                    .add("conv3", conv3);
            adopt(body);
            downsample = in != out || stride != 1 ? child("downsample", convNorm(in, out, 1, stride, 1, false)) : null;
        }

        @Override
        public Tensor forward(Tensor x, Tape tape) {
            Tape path = tape.branch();
            Tensor y = body.forward(x, path); // (N, out, H/stride, W/stride)
            if (downsample == null) {
                y.add_(x);
                tape.merge(true, path);
            } else {
                Tape shortcut = tape.branch();
                y.add_(downsample.forward(x, shortcut));
                tape.merge(false, path, shortcut);
            }
            return Activation.RELU.apply(y, tape);
        }

        @Override
        public <V> V describe(V x, GraphOps<V> ops) {
            V shortcut = downsample == null ? x : downsample.describe(x, ops);
            return ops.activation(ops.add(body.describe(x, ops), shortcut), Activation.RELU);
        }

        @Override
        boolean repeatable() {
            return true;
        }
    }
}
