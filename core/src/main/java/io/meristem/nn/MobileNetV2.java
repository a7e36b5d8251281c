package io.meristem.nn;

import org.bytedeco.pytorch.Tensor;

/**
 * MobileNetV2 (Sandler et al. 2018) at any width, named as torchvision's {@code mobilenet_v2}.
 *
 * <p>Shapes: input (N, 3, H, W); features (N, 1280 max(1, width), H/32, W/32), rounded up at each stride; logits (N, classes). Starts as
 * torchvision's does: convolutions He-normal over the fan-out, the classifier normal with 0.01 and bias 0.
 */
final class MobileNetV2 extends Layer {

    /** Per stage: expansion, channels at width 1, blocks, stride of the first block. Table 2 of the paper. */
    private static final int[][] STAGES = {
        {1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}
    };

    private final Sequence features = child("features", new Sequence());
    private final GlobalPool pool = new GlobalPool();
    private final Sequence classifier = child("classifier", new Sequence());

    MobileNetV2(double width, int classes) {
        int in = divisible(32 * width);
        int last = divisible(1280 * Math.max(1, width));
        features.add("0", convNorm(3, in, 3, 2, 1));
        int index = 1;
        for (int[] stage : STAGES) {
            int out = divisible(stage[1] * width);
            for (int block = 0; block < stage[2]; block++) {
                features.add(String.valueOf(index++), new Block(in, out, block == 0 ? stage[3] : 1, stage[0]));
                in = out;
            }
        }
        features.add(String.valueOf(index), convNorm(in, last, 1, 1, 1));
        classifier.add("0", new Dropout(0.2));
        classifier.add("1", new Linear(last, classes, true, Init.normal(0.01), Init.constant(0)));
    }

    @Override
    public Tensor forward(Tensor x, Tape tape) {
        Tensor y = features.forward(x, tape); // (N, last, H/32, W/32)
        return classifier.forward(pool.forward(y, tape), tape); // (N, classes)
    }

    @Override
    public <V> V describe(V x, GraphOps<V> ops) {
        return classifier.describe(pool.describe(features.describe(x, ops), ops), ops);
    }

    /** The nearest multiple of 8, at least 8, and never less than nine tenths of {@code channels}. */
    static int divisible(double channels) {
        int rounded = Math.max(8, (int) (channels + 4) / 8 * 8);
        return rounded < 0.9 * channels ? rounded + 8 : rounded;
    }

    private static Conv2d conv(int in, int out, int kernel, int stride, int groups) {
        Init init = Init.normal(Math.sqrt(2.0 / ((double) out * kernel * kernel)));
        return new Conv2d(in, out, kernel, stride, kernel / 2, groups, false, init, Init.constant(0));
    }

    private static Sequence convNorm(int in, int out, int kernel, int stride, int groups) {
        return new Sequence()
                .add("0", conv(in, out, kernel, stride, groups))
                .add("1", new BatchNorm2d(out))
                .add("2", Activation.RELU6.layer());
    }

    /** Pointwise expansion, depthwise 3x3, linear pointwise projection; its input is added where the shape stays. */
    private static final class Block extends Layer {

        private final Sequence conv = child("conv", new Sequence());
        private final boolean residual;

        Block(int in, int out, int stride, int expansion) {
            int hidden = in * expansion;
            int index = 0;
            if (expansion != 1) {
                conv.add(String.valueOf(index++), convNorm(in, hidden, 1, 1, 1));
            }
            conv.add(String.valueOf(index++), convNorm(hidden, hidden, 3, stride, hidden));
            conv.add(String.valueOf(index++), conv(hidden, out, 1, 1, 1));
            conv.add(String.valueOf(index), new BatchNorm2d(out));
            residual = stride == 1 && in == out;
        }

        @Override
        public Tensor forward(Tensor x, Tape tape) {
            if (!residual) {
                return conv.forward(x, tape); // (N, out, H/stride, W/stride)
            }
            Tape path = tape.branch();
            Tensor y = conv.forward(x, path);
            y.add_(x);
            tape.merge(true, path);
            return y;
        }

        @Override
        public <V> V describe(V x, GraphOps<V> ops) {
            V y = conv.describe(x, ops);
            return residual ? ops.add(y, x) : y;
        }

        @Override
        boolean repeatable() {
            return true;
        }
    }
}
