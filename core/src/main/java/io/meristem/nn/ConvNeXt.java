package io.meristem.nn;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

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

    private ConvNeXt() {}

    /**
     * @param depths blocks per stage
     * @param width channels of the first stage; each further stage doubles them
     * @param convMlp whether the blocks' maps are pointwise convolutions with weights (out, in, 1, 1) instead of linear with (out, in)
     */
    record Design(List<Integer> depths, int width, boolean convMlp) {}

    static Layer define(Design design, int classes) {
        int in = design.width();
        Sequence stages = new Sequence();
        for (int i = 0; i < design.depths().size(); i++) {
            int out = design.width() << i;
            Sequence stage = new Sequence();
            if (i > 0) {
                stage.add(
                        "downsample",
                        new Sequence().add("0", new LayerNorm(in, EPS, true)).add("1", conv(in, out, 2, 2, 0, 1)));
            }
            Sequence blocks = new Sequence();
            for (int block = 0; block < design.depths().get(i); block++) {
                blocks.add(String.valueOf(block), new Block(out, design.convMlp()));
            }
            stages.add(String.valueOf(i), stage.add("blocks", blocks));
            in = out;
        }
        return new Sequence()
                .add(
                        "stem",
                        new Sequence()
                                .add("0", conv(3, design.width(), 4, 4, 0, 1))
                                .add("1", new LayerNorm(design.width(), EPS, true)))
                .add("stages", stages)
                .add("pool", new GlobalPool())
                .add(
                        "head",
                        new Sequence()
                                .add("norm", new LayerNorm(in, EPS, false))
                                .add("fc", linear(in, classes)));
    }

    private static Conv2d conv(int in, int out, int kernel, int stride, int padding, int groups) {
        return new Conv2d(in, out, kernel, stride, padding, groups, true, WEIGHT, ZERO);
    }

    private static Linear linear(int in, int out) {
        return new Linear(in, out, true, WEIGHT, ZERO);
    }

    /** Depthwise 7x7, layer norm, fourfold expansion, GELU, projection, a scale per channel; its input is added. */
    private static final class Block extends Layer {

        private final boolean convMlp;
        private final Param gamma;
        private final Conv2d depthwise;
        private final LayerNorm norm;
        private final Mlp mlp;

        Block(int channels, boolean convMlp) {
            this.convMlp = convMlp;
            int hidden = 4 * channels;
            gamma = param("gamma", Init.constant(1e-6), channels);
            depthwise = child("conv_dw", conv(channels, channels, 7, 1, 3, channels));
            norm = child("norm", new LayerNorm(channels, EPS, convMlp));
            mlp = child(
                    "mlp",
                    new Mlp(
                            convMlp ? conv(channels, hidden, 1, 1, 0, 1) : linear(channels, hidden),
                            convMlp ? conv(hidden, channels, 1, 1, 0, 1) : linear(hidden, channels)));
        }

        @Override
        public Tensor forward(Tensor x, Tape tape) {
            Tape path = tape.branch();
            Tensor y = branch(x, path); // (N, C, H, W)
            boolean trains = tape.recording() && gamma.trains();
            Tensor scale = gamma.like(x).view(1, -1, 1, 1);
            if (path.flowing() || trains) {
                Tensor[] saved = trains ? new Tensor[] {scale, y} : new Tensor[] {scale};
                path.push(
                        (g, mine) -> {
                            if (trains) {
                                gamma.setGradient(g.mul(y).sum(0, 2, 3));
                            }
                            return g.mul(scale);
                        },
                        saved);
            }
            tape.merge(true, path);
            return torch.addcmul(x, y, scale);
        }

        @Override
        public <V> V describe(V x, GraphOps<V> ops) {
            V y = depthwise.describe(x, ops);
            V z = convMlp
                    ? mlp.describe(norm.describe(y, ops), ops)
                    : ops.channelsFirst(mlp.describe(norm.describe(ops.channelsLast(y), ops), ops));
            return ops.add(x, ops.scale(z, gamma));
        }

        private Tensor branch(Tensor x, Tape tape) {
            Tensor y = depthwise.forward(x, tape);
            if (convMlp) {
                return mlp.forward(norm.forward(y, tape), tape);
            }
            if (tape.flowing()) {
                tape.pushView((g, mine) -> g.permute(0, 3, 1, 2));
            }
            Tensor z = mlp.forward(norm.forward(y.permute(0, 2, 3, 1), tape), tape); // (N, H, W, C)
            if (tape.flowing()) {
                tape.pushView((g, mine) -> g.permute(0, 2, 3, 1));
            }
            return z.permute(0, 3, 1, 2);
        }

        @Override
        boolean repeatable() {
            return true;
        }
    }

    /**
     * Expansion, GELU, projection. The map between the last two is four times as large as the block's others and cheap to compute, so that a training step
     * keeps only what GELU is taken of.
     */
    private static final class Mlp extends Layer {

        private final WeightedLayer expand;
        private final WeightedLayer project;

        Mlp(WeightedLayer expand, WeightedLayer project) {
            this.expand = child("fc1", expand);
            this.project = child("fc2", project);
        }

        @Override
        @SuppressWarnings("ReferenceEquality") // whether it is the same handle, not the same numbers
        public Tensor forward(Tensor x, Tape tape) {
            Tensor hidden = expand.forward(x, tape);
            Tensor active = Activation.GELU.apply(hidden, tape);
            Tensor y = project.forward(active, tape);
            if (active != hidden) {
                tape.recompute(active, () -> torch.gelu(hidden), hidden);
            }
            return y;
        }

        @Override
        public <V> V describe(V x, GraphOps<V> ops) {
            return project.describe(ops.activation(expand.describe(x, ops), Activation.GELU), ops);
        }
    }
}
