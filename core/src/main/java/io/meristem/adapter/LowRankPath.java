package io.meristem.adapter;

import io.meristem.op.Conv2d;
import io.meristem.op.Linear;
import io.meristem.op.WeightedLayer;
import io.meristem.op.Window;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * The narrow path of an adapter through its rank, {@code B (A x)}, and the four products that its gradients are made of.
 *
 * <p>The hidden map has {@code groups * rank} channels: in a grouped convolution every group has the same A, of {@code in/groups} channels, so that
 * A is repeated, and its gradient is a sum over the groups.
 */
interface LowRankPath {

    /** {@code A x}: input to hidden map. */
    Tensor down(Tensor x);

    /** {@code s B h}: hidden map to output. */
    Tensor throughB(Tensor hidden);

    /** {@code (s B)' g}: gradient of the output to that of the hidden map. */
    Tensor up(Tensor g);

    /** {@code A' u}: gradient of the hidden map to that of the input. */
    Tensor throughA(Tensor up, Tensor x);

    /** Gradient of A, (rank, columns). */
    Tensor ofA(Tensor up, Tensor x);

    /** Gradient of {@code s B}, (out, rank). */
    Tensor ofB(Tensor g, Tensor hidden);

    /** @param runningB {@link LowRankAdapter#runningB} as it was in the forward pass */
    static LowRankPath of(LowRankAdapter adapter, Tensor runningB) {
        WeightedLayer layer = adapter.layer();
        Tensor a = layer.precision().of(adapter.activeA());
        Tensor b = layer.precision().of(runningB);
        return layer.op() instanceof Conv2d conv ? new Maps(conv, a, b, adapter.active()) : new Rows(a, b);
    }

    /** On a linear layer: products of matrices. */
    record Rows(Tensor a, Tensor b) implements LowRankPath {

        @Override
        public Tensor down(Tensor x) {
            return torch.linear(x, a);
        }

        @Override
        public Tensor throughB(Tensor hidden) {
            return torch.linear(hidden, b);
        }

        @Override
        public Tensor up(Tensor g) {
            return g.matmul(b);
        }

        @Override
        public Tensor throughA(Tensor up, Tensor x) {
            return up.matmul(a);
        }

        @Override
        public Tensor ofA(Tensor up, Tensor x) {
            return Linear.rows(up).t().matmul(Linear.rows(x));
        }

        @Override
        public Tensor ofB(Tensor g, Tensor hidden) {
            if (!Linear.isPointwise(g)) {
                return Linear.rows(g).t().matmul(Linear.rows(hidden));
            }
            Tensor kernel = b.view(b.size(0), b.size(1), 1, 1);
            Conv2d point = new Conv2d((int) b.size(1), (int) b.size(0), 1, 1, 0, 1, false);
            return point.weightGradient(Linear.asImage(g), Linear.asImage(hidden), kernel)
                    .reshape(b.size(0), b.size(1));
        }
    }

    /** On a convolution: one of the same shape with rank channels, and pointwise ones. */
    record Maps(Conv2d layer, Tensor first, Tensor second, int rank, Conv2d point) implements LowRankPath {

        Maps(Conv2d layer, Tensor a, Tensor b, int rank) {
            this(layer, widened(layer, a, rank), b.reshape(b.size(0), rank, 1, 1), rank, point(layer, rank));
        }

        /** A as the weight of a grouped convolution, (groups * rank, in/groups, kh, kw). */
        private static Tensor widened(Conv2d layer, Tensor a, int rank) {
            Window window = layer.window();
            return a.reshape(rank, (long) layer.in() / layer.groups(), window.height(), window.width())
                    .repeat(layer.groups(), 1, 1, 1);
        }

        /** From the hidden map to the output; a definition for its gradients, without weights. */
        private static Conv2d point(Conv2d layer, int rank) {
            return new Conv2d(layer.groups() * rank, layer.out(), 1, 1, 0, layer.groups(), false);
        }

        @Override
        public Tensor down(Tensor x) {
            return layer.apply(x, first, null, layer.groups());
        }

        @Override
        public Tensor throughB(Tensor hidden) {
            return point.apply(hidden, second, null);
        }

        @Override
        public Tensor up(Tensor g) {
            // The transposed pointwise convolution: rows of B and channels of the hidden map change places, per group.
            int groups = layer.groups();
            long out = layer.out() / groups;
            Tensor transposed =
                    second.reshape(groups, out, rank).transpose(1, 2).reshape((long) groups * rank, out, 1, 1);
            return torch.conv2d(g, transposed, new TensorOptional(), STEP, NONE, STEP, groups);
        }

        @Override
        public Tensor throughA(Tensor up, Tensor x) {
            return layer.inputGradient(up, x, first, layer.groups());
        }

        @Override
        public Tensor ofA(Tensor up, Tensor x) {
            Tensor all = layer.weightGradient(up, x, first, layer.groups());
            return all.reshape(layer.groups(), rank, -1).sum(0);
        }

        @Override
        public Tensor ofB(Tensor g, Tensor hidden) {
            return point.weightGradient(g, hidden, second, layer.groups()).reshape(layer.out(), rank);
        }

        private static final long[] STEP = {1, 1};
        private static final long[] NONE = {0, 0};
    }
}
