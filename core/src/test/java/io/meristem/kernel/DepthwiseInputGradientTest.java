package io.meristem.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.engine.Tensors;
import io.meristem.op.Conv2d;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DepthwiseInputGradientTest {

    @ParameterizedTest
    @CsvSource({
        // n, channels, height, width
        "1,   2,  1,  1",
        "2,   3,  5,  6",
        "1,  15,  7,  4",
        "1,  16, 14, 14",
        "3,  17,  2,  1",
        "2,  31,  4,  5",
        "2,  32,  4,  5",
        "1,  70,  9, 13",
        "5,  24, 15, 11",
        "3,  37, 10,  7",
        "4,  96, 57, 56",
        "2, 144,  8, 57",
        "9,  33,  1,  3",
    })
    void agreesWithTheEngineAndWithDoubles(int n, int c, int h, int w) {
        for (ScalarType type : new ScalarType[] {ScalarType.BFloat16, ScalarType.Float}) {
            for (int threads = 1; threads <= 3; threads++) {
                try (PointerScope scope = new PointerScope()) {
                    long[] shape = {n, c, h, w};
                    Tensor g = Tensors.channelsLast(random(type, n, c, (h + 1) / 2, (w + 1) / 2));
                    Tensor weight = random(type, c, 1, 3, 3);
                    Tensor found = DepthwiseInputGradient.compute(g, weight, shape, threads);
                    String what = type + ", " + threads + " threads";
                    assertEquals(type, found.scalar_type().intern());
                    assertArrayEquals(shape, found.shape());
                    assertTrue(found.is_contiguous(MemoryFormat.ChannelsLast), what);

                    // One rounding to 8 bits, after sums in 24.
                    double[] exact = byDefinition(g, weight, h, w);
                    double[] sums = Tensors.toDoubles(found);
                    double relative = type == ScalarType.Float ? 0 : 1.0 / 256;
                    for (int i = 0; i < exact.length; i++) {
                        assertEquals(exact[i], sums[i], relative * Math.abs(exact[i]) + 3e-6, what + " definition");
                    }
                    // And one more on the engine's side.
                    double[] engine = byEngine(g, weight, shape);
                    for (int i = 0; i < engine.length; i++) {
                        assertEquals(engine[i], sums[i], 2 * relative * Math.abs(exact[i]) + 6e-6, what + " engine");
                    }
                }
            }
        }
    }

    @Test
    void roundsToTheNearestEven() {
        try (PointerScope scope = new PointerScope()) {
            // 3 * 87 = 261 and 3 * 89 = 267 lie in the middle between two numbers of 8 bits.
            float[] g = {87, -87, 89, -89, 85, 3e38f, Float.NaN, Float.POSITIVE_INFINITY, 0, 1e-40f};
            Tensor rows = Tensors.of(g, 1, 1, 1, g.length).to(ScalarType.BFloat16);
            float[] taps = {0, 0, 0, 0, 3, 1.5f, 0, 0, 0};
            Tensor weight = Tensors.of(taps, 1, 1, 3, 3).to(ScalarType.BFloat16);
            Tensor found = DepthwiseInputGradient.compute(rows, weight, new long[] {1, 1, 1, 2L * g.length}, 1);
            float[] read = Tensors.toFloats(rows);
            float[] expected = new float[2 * g.length];
            for (int i = 0; i < g.length; i++) {
                expected[2 * i] = read[i] * 3;
                expected[2 * i + 1] = read[i] * 1.5f + (i + 1 < g.length ? 0 * read[i + 1] : 0);
            }
            assertEquals(261, expected[0]);
            Tensor rounded = Tensors.of(expected, 1, 1, 1, expected.length).to(ScalarType.BFloat16);
            float[] values = Tensors.toFloats(found);
            assertArrayEquals(Tensors.toFloats(rounded), values, 0);
            assertArrayEquals(
                    new float[] {260, -260, 268, -268}, new float[] {values[0], values[2], values[4], values[6]}, 0);
        }
    }

    @Test
    void takesTensorsInOtherLayouts() {
        try (PointerScope scope = new PointerScope()) {
            Tensor g = random(ScalarType.Float, 2, 20, 4, 5);
            Tensor weight = Tensors.channelsLast(random(ScalarType.Float, 20, 1, 3, 3));
            long[] shape = {2, 20, 7, 10};
            Tensor found = DepthwiseInputGradient.compute(g, weight, shape, 2);
            assertArrayEquals(byEngine(g, weight, shape), Tensors.toDoubles(found), 1e-5);
        }
    }

    @Test
    void refusesWhatDoesNotBelongTogether() {
        try (PointerScope scope = new PointerScope()) {
            Tensor g = random(ScalarType.Float, 2, 16, 4, 4);
            Tensor weight = random(ScalarType.Float, 16, 1, 3, 3);
            Tensor half = random(ScalarType.BFloat16, 16, 1, 3, 3);
            Tensor few = random(ScalarType.Float, 8, 1, 3, 3);
            long[] shape = {2, 16, 8, 8};
            refuses(g, half, shape);
            refuses(g, few, shape);
            refuses(g, weight, new long[] {2, 16, 9, 8});
        }
    }

    private static void refuses(Tensor g, Tensor weight, long[] shape) {
        assertThrows(IllegalArgumentException.class, () -> DepthwiseInputGradient.compute(g, weight, shape, 1));
    }

    private static Tensor random(ScalarType type, long... shape) {
        return torch.randn(shape).to(type);
    }

    private static double[] byEngine(Tensor g, Tensor weight, long[] shape) {
        Tensor x = torch.zeros(shape, g.options());
        Conv2d layer = new Conv2d((int) shape[1], (int) shape[1], 3, 2, 1, (int) shape[1], false);
        return Tensors.toDoubles(layer.inputGradient(g, x, weight, (int) shape[1]));
    }

    private static double[] byDefinition(Tensor g, Tensor weight, int h, int w) {
        float[] out = Tensors.toFloats(g);
        float[] taps = Tensors.toFloats(weight);
        int channels = (int) g.size(1);
        int gh = (int) g.size(2);
        int gw = (int) g.size(3);
        int planes = (int) g.size(0) * channels;
        double[] sums = new double[planes * h * w];
        for (int plane = 0; plane < planes; plane++) {
            for (int tap = 0; tap < 9; tap++) {
                for (int at = 0; at < gh * gw; at++) {
                    int y = at / gw * 2 + tap / 3 - 1;
                    int x = at % gw * 2 + tap % 3 - 1;
                    if (y >= 0 && y < h && x >= 0 && x < w) {
                        sums[(plane * h + y) * w + x] +=
                                (double) out[plane * gh * gw + at] * taps[plane % channels * 9 + tap];
                    }
                }
            }
        }
        return sums;
    }
}
