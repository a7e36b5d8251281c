package io.meristem.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.engine.Tensors;
import io.meristem.engine.Vectors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DepthwiseWeightGradientTest {

    @ParameterizedTest
    @CsvSource({
        // n, channels, height, width, kernel, stride, padding
        "1,  16, 14, 14, 3, 1, 1",
        "1,  70,  9, 13, 3, 2, 1",
        "2,   1,  5,  6, 3, 1, 1",
        "5,  24, 15, 11, 3, 1, 1",
        "4, 144, 56, 56, 3, 1, 1",
        "4,  96, 57, 56, 3, 2, 1",
        "3,  37, 10,  7, 3, 2, 0",
        "2,  48,  1,  1, 3, 1, 1",
        "3,  20,  8,  9, 3, 3, 1",
        "2,  40, 12, 17, 5, 1, 2",
        "3,  18, 12, 17, 5, 2, 2",
        "1, 100, 23, 19, 7, 1, 3",
        "4,  96, 56, 56, 7, 1, 3",
        "6,  34,  7,  7, 7, 1, 3",
        "2,  32, 15, 14, 7, 2, 3",
        "2,  33,  9,  9, 1, 2, 0",
    })
    void agreesWithTheEngineAndWithDoubles(int n, int c, int h, int w, int kernel, int stride, int padding) {
        for (ScalarType type : new ScalarType[] {ScalarType.BFloat16, ScalarType.Float}) {
            try (PointerScope scope = new PointerScope()) {
                Tensor x = random(type, n, c, h, w);
                Tensor g = random(type, n, c, out(h, kernel, stride, padding), out(w, kernel, stride, padding));
                Tensor found = DepthwiseWeightGradient.compute(x, g, kernel, stride, padding, 2);
                assertEquals(ScalarType.Float, found.scalar_type().intern());
                assertEquals(c, found.size(0));
                assertEquals(1, found.size(1));
                assertEquals(kernel, found.size(2));
                assertEquals(kernel, found.size(3));

                // As far as 24 bits of the largest sums go.
                double tolerance = 1e-6 * Math.sqrt(g.numel() / (double) c) + 1e-6;
                double[] exact = byDefinition(x, g, kernel, stride, padding);
                double most = 0;
                for (double v : exact) {
                    most = Math.max(most, Math.abs(v));
                }
                assertArrayEquals(exact, Tensors.toDoubles(found), tolerance * Math.max(1, most), type + " definition");
                assertArrayEquals(
                        Tensors.toDoubles(DepthwiseWeightGradient.byEngine(x, g, kernel, stride, padding)),
                        Tensors.toDoubles(found),
                        2 * tolerance * Math.max(1, most),
                        type + " engine");
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"5, 70, 3, 1", "5, 70, 3, 2", "2, 150, 7, 1", "1, 96, 5, 1", "9, 33, 3, 1"})
    void doesNotDependOnTheNumberOfThreads(int n, int c, int kernel, int stride) {
        try (PointerScope scope = new PointerScope()) {
            Tensor x = random(ScalarType.BFloat16, n, c, 17, 15);
            Tensor g = random(
                    ScalarType.BFloat16,
                    n,
                    c,
                    out(17, kernel, stride, kernel / 2),
                    out(15, kernel, stride, kernel / 2));
            float[] one = Tensors.toFloats(DepthwiseWeightGradient.compute(x, g, kernel, stride, kernel / 2, 1));
            for (int threads = 2; threads <= 5; threads++) {
                assertArrayEquals(
                        one,
                        Tensors.toFloats(DepthwiseWeightGradient.compute(x, g, kernel, stride, kernel / 2, threads)),
                        0,
                        threads + " threads");
            }
        }
    }

    @Test
    void takesTheFastWayInTests() {
        assertTrue(DepthwiseWeightGradient.fast(), "surefire should start Java with " + Vectors.OPTION);
    }

    @Test
    void refusesWhatDoesNotBelongTogether() {
        try (PointerScope scope = new PointerScope()) {
            Tensor x = random(ScalarType.Float, 2, 16, 8, 8);
            Tensor half = random(ScalarType.BFloat16, 2, 16, 8, 8);
            Tensor small = random(ScalarType.Float, 2, 16, 4, 4);
            assertThrows(IllegalArgumentException.class, () -> DepthwiseWeightGradient.compute(x, half, 3, 1, 1, 1));
            assertThrows(IllegalArgumentException.class, () -> DepthwiseWeightGradient.compute(x, small, 3, 1, 1, 1));
        }
    }

    private static int out(int size, int kernel, int stride, int padding) {
        return (size + 2 * padding - kernel) / stride + 1;
    }

    private static Tensor random(ScalarType type, long... shape) {
        return Tensors.channelsLast(torch.randn(shape).to(type));
    }

    private static double[] byDefinition(Tensor x, Tensor g, int kernel, int stride, int padding) {
        float[] in = Tensors.toFloats(x);
        float[] out = Tensors.toFloats(g);
        int channels = (int) x.size(1);
        int h = (int) x.size(2);
        int w = (int) x.size(3);
        int gh = (int) g.size(2);
        int gw = (int) g.size(3);
        double[] sums = new double[channels * kernel * kernel];
        for (int plane = 0; plane < x.size(0) * channels; plane++) {
            for (int tap = 0; tap < kernel * kernel; tap++) {
                double sum = 0;
                for (int y = 0; y < gh; y++) {
                    int row = y * stride + tap / kernel - padding;
                    for (int p = 0; row >= 0 && row < h && p < gw; p++) {
                        int at = p * stride + tap % kernel - padding;
                        if (at >= 0 && at < w) {
                            sum += (double) out[(plane * gh + y) * gw + p] * in[(plane * h + row) * w + at];
                        }
                    }
                }
                sums[plane % channels * kernel * kernel + tap] += sum;
            }
        }
        return sums;
    }
}
