package io.meristem.rank;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.engine.Tensors;
import io.meristem.execute.Network;
import io.meristem.op.Conv2d;
import io.meristem.op.Padding;
import io.meristem.op.WeightedLayer;
import io.meristem.testing.TinyNetworks;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

/** Gains of whitened gradients, against plain loops over photos, places and columns in float64. */
class WhitenedSpectrumScorerTest {

    private static final double DAMPING = SecondMoments.DAMPING;

    /** Sums over photos and places of one layer: G of each half of the photos, of squares of g, and of squares of x by group. */
    private static final class Sums {
        private final double[][] gradient;
        private final double[] p;
        private final double[][] q;
        private long places;

        Sums(int out, int m, int groups) {
            gradient = new double[2][out * m];
            p = new double[out];
            q = new double[groups][m];
        }
    }

    /** @param g of the mean loss of the photos in x */
    private static void add(Sums sums, WeightedLayer layer, Tensor x, Tensor g, int half) {
        int out = layer.outFeatures();
        int m = layer.columns();
        int groups = sums.q.length;
        double[] in = Tensors.toDoubles(x);
        double[] back = Tensors.toDoubles(g);
        int n = (int) x.size(0);
        Conv2d conv = layer.op() instanceof Conv2d c ? c : null;
        boolean map = conv != null;
        int channels = (int) (map ? x.size(1) : x.size(x.dim() - 1));
        int high = map ? (int) x.size(2) : 1;
        int wide = map ? (int) x.size(3) : 1;
        int outHigh = map ? (int) g.size(2) : 1;
        int outWide = map ? (int) g.size(3) : (int) (g.numel() / n / out);
        int kernel = map ? conv.window().height() : 1;
        int stride = map ? conv.stride() : 1;
        int padding = map ? ((Padding.Fixed) conv.window().padding()).top() : 0;
        sums.places = (long) outHigh * outWide;
        for (int photo = 0; photo < n; photo++) {
            for (int i = 0; i < outHigh; i++) {
                for (int j = 0; j < outWide; j++) {
                    double[][] patch = new double[groups][m];
                    for (int group = 0; group < groups; group++) {
                        for (int column = 0; column < m; column++) {
                            int c = group * (channels / groups) + column / (kernel * kernel);
                            int row = i * stride - padding + column / kernel % kernel;
                            int at = j * stride - padding + column % kernel;
                            patch[group][column] = !map
                                    ? in[(photo * outWide + j) * channels + column]
                                    : row < 0 || at < 0 || row >= high || at >= wide
                                            ? 0
                                            : in[((photo * channels + c) * high + row) * wide + at];
                            sums.q[group][column] += patch[group][column] * patch[group][column];
                        }
                    }
                    for (int o = 0; o < out; o++) {
                        double value = map
                                ? back[((photo * out + o) * outHigh + i) * outWide + j]
                                : back[(photo * outWide + j) * out + o];
                        sums.p[o] += n * value * n * value;
                        for (int column = 0; column < m; column++) {
                            sums.gradient[half][o * m + column] += value * patch[o / (out / groups)][column];
                        }
                    }
                }
            }
        }
    }

    private static double mean(double[] values) {
        return Arrays.stream(values).average().orElseThrow();
    }

    private static double[] expected(Sums sums, int out, int m, int photos) {
        double seen = (double) photos * sums.places;
        double meanOfQ = Arrays.stream(sums.q)
                .mapToDouble(WhitenedSpectrumScorerTest::mean)
                .average()
                .orElseThrow();
        double[][] whitened = new double[2][out * m];
        for (int o = 0; o < out; o++) {
            for (int column = 0; column < m; column++) {
                double p = (sums.p[o] + DAMPING * mean(sums.p)) / seen;
                double q = (sums.q[o / (out / sums.q.length)][column] + DAMPING * meanOfQ) / seen;
                for (int half = 0; half < 2; half++) {
                    whitened[half][o * m + column] =
                            sums.gradient[half][o * m + column] / Math.sqrt(p * sums.places * q);
                }
            }
        }
        return SpectrumScorerTest.reference(whitened[0], whitened[1], out, m, 1);
    }

    /** Every kind of layer, with gradients and inputs that the engine's own differentiation saw. */
    @Test
    void gainsAreThoseOfTheFormula() {
        Subjects.Photos photos = Subjects.photos(2, 6, 12);
        try (PointerScope scope = new PointerScope();
                Network network = TinyNetworks.mixed().materialize(3)) {
            List<SpectrumScorer.LayerGains> found = SpectrumScorer.measure(Subjects.of(network, photos), true);
            List<WeightedLayer> layers = List.copyOf(network.weightedLayers().values());
            List<Sums> sums = layers.stream()
                    .map(layer -> new Sums(
                            layer.outFeatures(),
                            layer.columns(),
                            layer.op() instanceof Conv2d conv ? conv.groups() : 1))
                    .toList();
            photos.forEachLabelled((x, labels) -> {
                for (int half = 0; half < 2; half++) {
                    List<Tensor[]> traffic = new ArrayList<>();
                    layers.forEach(layer -> layer.setForm((self, frame, in) -> {
                        layer.weight().value().requires_grad_(true);
                        Tensor y = self.apply(
                                in,
                                self.weight().value(),
                                self.bias() == null ? null : self.bias().value());
                        y.retain_grad();
                        traffic.add(new Tensor[] {Tensors.keep(in.detach().clone()), Tensors.keep(y)});
                        return y.clone();
                    }));
                    torch.cross_entropy_loss(network.forward(x.narrow(0, 3L * half, 3)), labels.narrow(0, 3L * half, 3))
                            .backward();
                    for (int i = 0; i < layers.size(); i++) {
                        add(sums.get(i), layers.get(i), traffic.get(i)[0], traffic.get(i)[1].grad(), half);
                    }
                    layers.forEach(layer -> layer.setForm(null));
                    traffic.forEach(both -> List.of(both).forEach(Tensors::free));
                }
            });
            for (int i = 0; i < layers.size(); i++) {
                WeightedLayer layer = layers.get(i);
                double[] expected = expected(sums.get(i), layer.outFeatures(), layer.columns(), 12);
                assertArrayEquals(expected, found.get(i).gains(), 2e-3 * Math.max(1e-6, expected[0]), layer.kind());
                assertTrue(expected[0] > 0, layer.kind() + " gains nothing");
            }
        }
    }

    /**
     * One channel's weights of the first layer a hundred times as large, and those that read it a hundredth: the same function. Whitened, the gains stay; those of
     * the plain spectrum do not, since the norm of that one row is in the norm of the weight.
     */
    @Test
    void theScaleOfOneChannelDoesNotMatter() {
        Subjects.Photos photos = Subjects.photos(2, 6, 12);
        try (PointerScope scope = new PointerScope();
                Network network = TinyNetworks.mixed().materialize(3)) {
            double[] before = gains(network, photos, true);
            double[] plain = gains(network, photos, false);
            List<WeightedLayer> layers = List.copyOf(network.weightedLayers().values());
            scale(layers.get(0).weight().value().narrow(0, 2, 1), 100);
            scale(layers.get(0).bias().value().narrow(0, 2, 1), 100);
            scale(layers.get(1).weight().value().narrow(0, 2, 1), 0.01);
            double[] after = gains(network, photos, true);
            double[] otherwise = gains(network, photos, false);
            for (int i = 0; i < before.length; i++) {
                // Damping sees scales, a little.
                assertTrue(Math.abs(after[i] / before[i] - 1) < 0.02, i + ": " + before[i] + " and " + after[i]);
            }
            assertTrue(otherwise[0] > 2 * plain[0], plain[0] + " and " + otherwise[0]);
        }
    }

    private static void scale(Tensor part, double by) {
        Tensors.inPlace(part, part.mul_(new org.bytedeco.pytorch.Scalar(by)));
    }

    private static double[] gains(Network network, Subjects.Photos photos, boolean whitened) {
        return SpectrumScorer.measure(Subjects.of(network, photos), whitened).stream()
                .mapToDouble(SpectrumScorer.LayerGains::gain)
                .toArray();
    }
}
