package io.meristem.op;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.engine.Precision;
import io.meristem.engine.Tensors;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConvKernelsTest {

    @ParameterizedTest
    @CsvSource({
        // channels, height, width, kernel, stride, padding
        "40, 13, 18, 3, 1, 1",
        "40, 13, 18, 3, 2, 1",
        "40, 14, 17, 3, 2, 0",
        "24, 15, 12, 3, 2, 2",
        "18, 15, 18, 7, 1, 3",
        "18, 15, 18, 7, 2, 3",
    })
    void allThatFitGiveTheSameGradients(int channels, int height, int width, int kernel, int stride, int padding) {
        compare(new Conv2d(channels, channels, kernel, stride, padding, channels, false), height, width);
    }

    /** Sides that are even, odd, and one of each; padding that is not the same on opposite sides. */
    @ParameterizedTest
    @CsvSource({
        // channels, height, width, kernel, stride
        "40, 14, 18, 3, 2",
        "40, 13, 17, 3, 2",
        "24, 13, 18, 3, 2",
        "24, 14, 17, 3, 2",
        "18,  1,  2, 3, 2",
        "18, 14, 18, 5, 2",
        "18, 13, 16, 5, 2",
        "18, 13, 16, 4, 1",
        "18, 16, 17, 7, 3",
    })
    void allThatFitGiveTheSameGradientsWithTensorFlowsPadding(
            int channels, int height, int width, int kernel, int stride) {
        compare(new Conv2d(channels, channels, Window.same(kernel, stride), channels, false), height, width);
    }

    @Test
    void allThatFitGiveTheSameGradientsOfRectangles() {
        compare(new Conv2d(16, 16, Window.centred(1, 7), 16, false), 9, 12);
        compare(new Conv2d(16, 16, new Window(3, 5, 2, new Padding.Fixed(2, 0, 1, 3)), 16, false), 9, 12);
        compare(new Conv2d(16, 16, new Window(3, 3, 2, new Padding.Fixed(2, 1, 2, 1)), 16, false), 9, 12);
        compare(new Conv2d(16, 16, new Window(3, 3, 1, new Padding.Fixed(4, 0, 0, 0)), 16, false), 9, 12);
    }

    private static void compare(Conv2d layer, int height, int width) {
        int channels = layer.in();
        for (Precision precision : Precision.values()) {
            try (PointerScope scope = new PointerScope()) {
                Tensor x = random(precision, 3, channels, height, width);
                Tensor weight = random(
                        precision,
                        channels,
                        1,
                        layer.window().height(),
                        layer.window().width());
                Tensor y = layer.apply(x, weight, null);
                Tensor g = random(precision, y.size(0), y.size(1), y.size(2), y.size(3));
                double[] input = Tensors.toDoubles(ConvKernels.Input.NATIVE.compute(layer, g, x, weight));
                for (ConvKernels.Input way : ConvKernels.Input.values()) {
                    if (way.fits(layer, precision)) {
                        Tensor found = way.compute(layer, g, x, weight);
                        assertEquals(
                                precision.type(), found.scalar_type().intern(), way + " keeps the type of the input");
                        close(input, found, precision, "input gradient, " + way);
                    }
                }
                double[] ofWeight = Tensors.toDoubles(ConvKernels.Weight.NATIVE.compute(layer, g, x, weight));
                for (ConvKernels.Weight way : ConvKernels.Weight.values()) {
                    if (way.fits(layer, precision)) {
                        close(ofWeight, way.compute(layer, g, x, weight), precision, "weight gradient, " + way);
                    }
                }
            }
        }
    }

    /** In float32 up to the order of the sums, in bfloat16 up to two roundings of the largest, one on each side. */
    private static void close(double[] expected, Tensor found, Precision precision, String what) {
        double most = Arrays.stream(expected).map(Math::abs).max().orElse(0);
        double tolerance = precision == Precision.FP32 ? 1e-5 : 1.0 / 128;
        assertArrayEquals(expected, Tensors.toDoubles(found), tolerance * Math.max(1, most), precision + " " + what);
    }

    private static Tensor random(Precision precision, long... shape) {
        return Tensors.channelsLast(precision.of(torch.randn(shape)));
    }

    @Test
    void onlyTheEnginesFitLayersThatAreNotDepthwise() {
        for (Conv2d layer : new Conv2d[] {
            new Conv2d(16, 16, 3, 2, 1, 1, false),
            new Conv2d(16, 16, 3, 2, 1, 4, false),
            new Conv2d(16, 32, 3, 2, 1, 16, false),
            new Conv2d(1, 1, 3, 2, 1, 1, false)
        }) {
            assertEquals(EnumSet.of(ConvKernels.Input.NATIVE), inputs(layer, Precision.FP32));
            assertEquals(
                    EnumSet.of(ConvKernels.Input.NATIVE, ConvKernels.Input.FLOAT32), inputs(layer, Precision.BF16));
            assertEquals(EnumSet.of(ConvKernels.Weight.NATIVE), weights(layer, Precision.FP32));
            assertEquals(
                    EnumSet.of(ConvKernels.Weight.NATIVE, ConvKernels.Weight.FLOAT32), weights(layer, Precision.BF16));
        }
    }

    @Test
    void mirroringNeedsPaddingBelowTheKernel() {
        assertTrue(ConvKernels.Input.MIRRORED.fits(new Conv2d(8, 8, 3, 1, 2, 8, false), Precision.FP32));
        assertFalse(ConvKernels.Input.MIRRORED.fits(new Conv2d(8, 8, 3, 1, 3, 8, false), Precision.FP32));
    }

    @Test
    void lanesForTheInputFitHalving() {
        assertTrue(ConvKernels.Input.LANES.fits(new Conv2d(8, 8, 3, 2, 1, 8, false), Precision.FP32));
        assertTrue(ConvKernels.Input.LANES.fits(new Conv2d(8, 8, Window.same(3, 2), 8, false), Precision.FP32));
        assertFalse(ConvKernels.Input.LANES.fits(new Conv2d(8, 8, 3, 1, 1, 8, false), Precision.FP32));
        assertFalse(ConvKernels.Input.LANES.fits(new Conv2d(8, 8, 3, 2, 0, 8, false), Precision.FP32));
        assertFalse(ConvKernels.Input.LANES.fits(new Conv2d(8, 8, 7, 2, 3, 8, false), Precision.FP32));
        assertFalse(ConvKernels.Input.LANES.fits(new Conv2d(8, 8, Window.same(5, 2), 8, false), Precision.FP32));
    }

    @Test
    void lanesFitDepthwiseLayersInBothPrecisions() {
        for (Precision precision : Precision.values()) {
            assertTrue(ConvKernels.Weight.LANES.fits(new Conv2d(8, 8, 3, 2, 1, 8, false), precision));
        }
    }

    private static Set<ConvKernels.Input> inputs(Conv2d layer, Precision precision) {
        EnumSet<ConvKernels.Input> all = EnumSet.allOf(ConvKernels.Input.class);
        all.removeIf(way -> !way.fits(layer, precision));
        return all;
    }

    private static Set<ConvKernels.Weight> weights(Conv2d layer, Precision precision) {
        EnumSet<ConvKernels.Weight> all = EnumSet.allOf(ConvKernels.Weight.class);
        all.removeIf(way -> !way.fits(layer, precision));
        return all;
    }
}
