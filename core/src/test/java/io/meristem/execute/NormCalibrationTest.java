package io.meristem.execute;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.meristem.engine.Tensors;
import io.meristem.op.BatchNormLayer;
import io.meristem.op.WeightedLayer;
import io.meristem.testing.TinyNetworks;
import java.util.function.Consumer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class NormCalibrationTest {

    private static final int BATCHES = 3;

    private static void feed(Consumer<Tensor> consumer) {
        for (int b = 0; b < BATCHES; b++) {
            try (PointerScope scope = new PointerScope()) {
                consumer.accept(batch(b));
            }
        }
    }

    private static Tensor batch(int b) {
        Generator generator = torch.make_generator_cpu(b);
        return torch.empty(4, 3, 10, 8).normal_(0.5 * b, 1 + b, new GeneratorOptional(generator));
    }

    /** Statistics of one batch in float64: mean and unbiased variance per channel. */
    private static double[][] statistics(double[] map, int n, int channels, int pixels) {
        double[][] s = new double[2][channels];
        int count = n * pixels;
        for (int c = 0; c < channels; c++) {
            for (int i = 0; i < count; i++) {
                s[0][c] += map[(i / pixels * channels + c) * pixels + i % pixels] / count;
            }
            for (int i = 0; i < count; i++) {
                double d = map[(i / pixels * channels + c) * pixels + i % pixels] - s[0][c];
                s[1][c] += d * d / (count - 1);
            }
        }
        return s;
    }

    @Test
    void isThePlainMeanOfTheBatchesStatistics() {
        try (PointerScope scope = new PointerScope();
                Network network = TinyNetworks.normed().materialize(1)) {
            int pixels = 5 * 4;
            double[][] first = new double[2][6];
            double[][] second = new double[2][6];
            for (int b = 0; b < BATCHES; b++) {
                WeightedLayer conv = network.weightedLayers().get("first");
                double[] map = Tensors.toDoubles(conv.forward(batch(b))); // (4, 6, 5, 4)
                double[][] s = statistics(map, 4, 6, pixels);
                add(first, s);
                // The second normalisation sees what the first gives with this batch's own statistics.
                float[] normed = new float[map.length];
                for (int i = 0; i < map.length; i++) {
                    int c = i / pixels % 6;
                    double variance = s[1][c] * (4 * pixels - 1) / (4 * pixels);
                    normed[i] = (float) Math.max(0, Math.min(6, (map[i] - s[0][c]) / Math.sqrt(variance + 1e-5)));
                }
                Tensor next = network.weightedLayers().get("second").forward(Tensors.of(normed, 4, 6, 5, 4));
                add(second, statistics(Tensors.toDoubles(next), 4, 6, pixels));
            }
            NormCalibration.recalibrate(network, NormCalibrationTest::feed);
            check(first, network.batchNorms().get("norm1"));
            check(second, network.batchNorms().get("norm2"));
        }
    }

    private static void add(double[][] sum, double[][] s) {
        for (int i = 0; i < 2; i++) {
            for (int c = 0; c < 6; c++) {
                sum[i][c] += s[i][c] / BATCHES;
            }
        }
    }

    private static void check(double[][] expected, BatchNormLayer norm) {
        assertArrayEquals(expected[0], Tensors.toDoubles(norm.runningMean().value()), 1e-4);
        assertArrayEquals(expected[1], Tensors.toDoubles(norm.runningVar().value()), 1e-3);
    }

    @Test
    void freezesAgainEvenWhenTheFeedFails() {
        long before = Tensors.kept();
        try (PointerScope scope = new PointerScope();
                Network network = TinyNetworks.normed().materialize(1)) {
            NormCalibration.recalibrate(network, NormCalibrationTest::feed);
            ImageFeed broken = consumer -> {
                throw new IllegalStateException("no more photos");
            };
            assertThrows(IllegalStateException.class, () -> NormCalibration.recalibrate(network, broken));
            float[] mean = Tensors.toFloats(
                    network.batchNorms().get("norm1").runningMean().value());
            float[] once = Tensors.toFloats(network.forward(batch(0)));
            assertArrayEquals(once, Tensors.toFloats(network.forward(batch(0))));
            assertArrayEquals(
                    mean,
                    Tensors.toFloats(
                            network.batchNorms().get("norm1").runningMean().value()));
        }
        assertEquals(before, Tensors.kept());
    }
}
