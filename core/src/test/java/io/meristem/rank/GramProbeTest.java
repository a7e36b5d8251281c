package io.meristem.rank;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.engine.Tensors;
import io.meristem.execute.ImageFeed;
import io.meristem.execute.Network;
import io.meristem.op.Linear;
import io.meristem.op.WeightedLayer;
import io.meristem.testing.TinyNetworks;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class GramProbeTest {

    /**
     * Float32 features and products against float64 all the way from the same maps. A product of F centred float32 features is off by about
     * sqrt(F) 6e-8 of its terms, and the measures are ratios of sums of such products: 1e-4 is ample for F up to 768, and the plain
     * float32 way fails it (see the test with large features).
     */
    private static final double BOUND = 1e-4;

    /** Image batches of one shape. */
    @SuppressWarnings("ArrayRecordComponent")
    private record Batches(List<float[]> values, long... shape) implements ImageFeed {
        @Override
        public void forEach(Consumer<Tensor> consumer) {
            for (float[] batch : values) {
                try (PointerScope scope = new PointerScope()) {
                    consumer.accept(Tensors.of(batch, shape));
                }
            }
        }
    }

    /** One batch as the layer saw it. */
    @SuppressWarnings("ArrayRecordComponent")
    private record Seen(double[] x, long[] xShape, double[] y, long[] yShape) {}

    @Test
    void equalsFloat64OnEveryKindOfLayer() {
        compare(batches(2, 8, 28, 20, 0, 1));
    }

    @Test
    void equalsFloat64OnMapsThatNeedNoPooling() {
        compare(batches(1, 6, 12, 12, 0, 1));
    }

    @Test
    void staysAccurateOnLargePositiveFeatures() {
        compare(batches(2, 16, 32, 32, 50, 0.5f));
    }

    private static void compare(ImageFeed feed) {
        try (PointerScope scope = new PointerScope();
                Network network = TinyNetworks.mixed().materialize(3)) {
            Map<String, Similarity> found = GramProbe.measure(network, feed);
            Map<String, List<Seen>> seen = record(network, feed);
            assertEquals(
                    List.of("stem", "depthwise", "point", "grouped", "mixer", "head"), List.copyOf(found.keySet()));
            found.forEach((name, similarity) -> {
                Similarity expected = reference(network.weightedLayers().get(name), seen.get(name));
                assertEquals(expected.raw(), similarity.raw(), BOUND, name + " raw");
                assertEquals(expected.debiased(), similarity.debiased(), BOUND, name + " debiased");
                assertEquals(expected.spread(), similarity.spread(), BOUND, name + " spread");
            });
        }
    }

    private static Batches batches(int count, int n, int h, int w, float offset, float scale) {
        Random random = new Random(11);
        List<float[]> data = new ArrayList<>();
        for (int b = 0; b < count; b++) {
            float[] values = new float[n * 3 * h * w];
            for (int i = 0; i < values.length; i++) {
                values[i] = offset + scale * (float) random.nextGaussian();
            }
            data.add(values);
        }
        return new Batches(data, n, 3, h, w);
    }

    private static Map<String, List<Seen>> record(Network network, ImageFeed feed) {
        Map<String, List<Seen>> seen = new LinkedHashMap<>();
        network.weightedLayers()
                .forEach((name, layer) ->
                        layer.setObserver((self, x, y) -> seen.computeIfAbsent(name, key -> new ArrayList<>())
                                .add(new Seen(Tensors.toDoubles(x), x.shape(), Tensors.toDoubles(y), y.shape()))));
        try (NoGradGuard guard = new NoGradGuard()) {
            feed.forEach(batch -> {
                try (PointerScope scope = new PointerScope()) {
                    network.forward(batch);
                }
            });
        }
        network.weightedLayers().values().forEach(layer -> layer.setObserver(null));
        return seen;
    }

    private static Similarity reference(WeightedLayer layer, List<Seen> batches) {
        double[] t = new double[6];
        double spread = 0;
        for (Seen seen : batches) {
            double[][] x = Reference.columnCentred(pooled(layer, seen.x, seen.xShape));
            double[][] y = Reference.columnCentred(pooled(layer, seen.y, seen.yShape));
            double[][] k = Reference.gram(x);
            double[][] l = Reference.gram(y);
            t[0] += Reference.biased(k, l);
            t[1] += Reference.biased(k, k);
            t[2] += Reference.biased(l, l);
            t[3] += Reference.unbiased(k, l);
            t[4] += Reference.unbiased(k, k);
            t[5] += Reference.unbiased(l, l);
            double most = Math.min(x.length - 1, y[0].length);
            spread += (Reference.participationRatio(l) - 1) / (most - 1) / batches.size();
        }
        return new Similarity(
                Math.min(1, t[0] / Math.sqrt(t[1] * t[2])),
                Math.max(0, Math.min(1, t[3] / Math.sqrt(t[4] * t[5]))),
                spread);
    }

    /** Adaptive average pooling to at most 8 x 8, cell i covering rows floor(i h / s) to ceil((i+1) h / s), in plain loops. */
    private static double[][] pooled(WeightedLayer layer, double[] map, long[] shape) {
        int n = (int) shape[0];
        if (shape.length == 2) {
            double[][] rows = new double[n][(int) shape[1]];
            for (int i = 0; i < n; i++) {
                System.arraycopy(map, i * rows[i].length, rows[i], 0, rows[i].length);
            }
            return rows;
        }
        boolean channelsLast = layer.op() instanceof Linear;
        int c = (int) shape[channelsLast ? 3 : 1];
        int h = (int) shape[channelsLast ? 1 : 2];
        int w = (int) shape[channelsLast ? 2 : 3];
        int sh = Math.min(8, h);
        int sw = Math.min(8, w);
        double[][] rows = new double[n][c * sh * sw];
        for (int i = 0; i < n; i++) {
            for (int k = 0; k < c; k++) {
                for (int cell = 0; cell < sh * sw; cell++) {
                    int top = cell / sw * h / sh;
                    int bottom = ((cell / sw + 1) * h + sh - 1) / sh;
                    int left = cell % sw * w / sw;
                    int right = ((cell % sw + 1) * w + sw - 1) / sw;
                    double sum = 0;
                    for (int y = top; y < bottom; y++) {
                        for (int x = left; x < right; x++) {
                            sum += channelsLast
                                    ? map[((i * h + y) * w + x) * c + k]
                                    : map[((i * c + k) * h + y) * w + x];
                        }
                    }
                    rows[i][k * sh * sw + cell] = sum / ((bottom - top) * (right - left));
                }
            }
        }
        return rows;
    }

    /** A layer whose output is the same for every photo carries no signal, whatever float32 makes of its mean. */
    @Test
    void aConstantOutputCountsAsUnchanged() {
        try (PointerScope scope = new PointerScope();
                Network network = TinyNetworks.mixed().materialize(1)) {
            WeightedLayer point = network.weightedLayers().get("point");
            point.weight().set(point.weight().value().mul(new Scalar(0.0)));
            point.bias()
                    .set(Tensors.of(
                            new float[] {0.1f, 0.7f, 3.3f, 1e4f, 1e-4f, 0, 0.3f, 9, 1 / 3f, 0.77f, 5.1f, 0.9f}, 12));
            Similarity found =
                    GramProbe.measure(network, batches(2, 7, 10, 10, 0, 1)).get("point");
            assertEquals(new Similarity(1, 1, 0), found);
        }
    }

    @Test
    void measuringChangesNothingAndLeaksNothing() {
        Batches data = batches(1, 4, 12, 12, 0, 1);
        long before = Tensors.kept();
        try (PointerScope scope = new PointerScope();
                Network network = TinyNetworks.normed().materialize(3)) {
            Tensor x = Tensors.of(data.values().get(0), data.shape());
            float[] expected = Tensors.toFloats(network.forward(x));
            Map<String, Similarity> first = GramProbe.measure(network, data);
            assertEquals(first, GramProbe.measure(network, data));
            assertArrayEquals(expected, Tensors.toFloats(network.forward(x)));
        }
        assertEquals(before, Tensors.kept());
    }

    @Test
    void refusesBatchesOfFewerThanFour() {
        ImageFeed feed = batches(1, 3, 12, 12, 0, 1);
        try (Network network = TinyNetworks.mixed().materialize(3)) {
            IllegalArgumentException error =
                    assertThrows(IllegalArgumentException.class, () -> GramProbe.measure(network, feed));
            assertTrue(error.getMessage().contains("at least 4"), error.getMessage());
            assertThrows(IllegalStateException.class, () -> GramProbe.measure(network, consumer -> {}));
        }
    }
}
