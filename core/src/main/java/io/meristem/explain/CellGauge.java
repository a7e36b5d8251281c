package io.meristem.explain;

import io.meristem.engine.Engine;
import io.meristem.engine.Precision;
import io.meristem.engine.Tensors;
import io.meristem.execute.Execution;
import io.meristem.execute.Network;
import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/**
 * Finds where the cells of a network's last features look. Kernels, strides and padding alone do not say: padded 3 x 3 convolutions of stride 2 would centre the
 * first cell of MobileNetV2 on the photo's corner, but trained weights lean to one side, and how far depends on who trained them. A map laid over a photo by
 * the geometry, or with its cells spread evenly as is usual, can be off by most of a cell.
 *
 * <p>So it is measured: noise goes in, and the gradient of the middle cell's features, in a random direction, says how much each pixel matters to it (the effective
 * receptive field of Luo et al. 2016). Its centre of mass, less the strides to the first cell, is where the first cell looks. The same network always gives
 * the same answer.
 */
final class CellGauge {

    /** Cells along an axis of the noise, an odd number. */
    private static final int CELLS = 7;

    /** Of so many pictures each, the mean is taken. */
    private static final int PASSES = 3;

    private static final int PICTURES = 8;
    private static final int BLOCK = 8;

    private CellGauge() {}

    /** @param network in evaluation mode, nothing in it training */
    static CoarseMap.Cells measure(Network network) {
        int stride = network.features().stride();
        int size = CELLS * stride;
        Random random = new Random(1);
        double[] centre = new double[2];
        for (int pass = 0; pass < PASSES; pass++) {
            try (PointerScope scope = new PointerScope();
                    NoGradGuard guard = new NoGradGuard();
                    Execution run = network.toFeatures()) {
                Tensor images = Tensors.channelsLast(Engine.onDevice(noise(random, size)));
                Tensor gradient = run.backward(direction(run.forward(images), random));
                addCentres(Tensors.toFloats(Precision.FP32.of(gradient)), size, centre);
            }
        }
        double first = (CELLS / 2) * (double) stride;
        return new CoarseMap.Cells(stride, centre[0] - first, centre[1] - first);
    }

    /** Pictures (N, 3, size, size) with mean 0 and deviation 1 a pixel, half of it in blocks, so that something larger than a pixel is there. */
    private static Tensor noise(Random random, int size) {
        float[] values = new float[PICTURES * 3 * size * size];
        float half = (float) Math.sqrt(0.5);
        int blocks = (size + BLOCK - 1) / BLOCK;
        for (int plane = 0; plane < 3 * PICTURES; plane++) {
            float[] coarse = new float[blocks * blocks];
            for (int b = 0; b < coarse.length; b++) {
                coarse[b] = half * (float) random.nextGaussian();
            }
            for (int i = 0; i < size * size; i++) {
                values[plane * size * size + i] =
                        coarse[i / size / BLOCK * blocks + i % size / BLOCK] + half * (float) random.nextGaussian();
            }
        }
        return Tensors.of(values, PICTURES, 3, size, size);
    }

    /** A random direction in the middle cell of each map, 0 elsewhere. */
    private static Tensor direction(Tensor map, Random random) {
        int channels = Math.toIntExact(map.size(1));
        int height = Math.toIntExact(map.size(2));
        int width = Math.toIntExact(map.size(3));
        float[] values = new float[PICTURES * channels * height * width];
        for (int c = 0; c < PICTURES * channels; c++) {
            values[(c * height + CELLS / 2) * width + CELLS / 2] = (float) random.nextGaussian();
        }
        return Tensors.channelsLast(Engine.onDevice(Tensors.of(values, PICTURES, channels, height, width))
                .to(map.scalar_type()));
    }

    /** Adds to the mean, x and y, each picture's centre of mass of squared gradients, in pixels from the left and upper edge. */
    private static void addCentres(float[] gradient, int size, double[] mean) {
        int picture = 3 * size * size;
        for (int from = 0; from < gradient.length; from += picture) {
            double total = 0;
            double x = 0;
            double y = 0;
            for (int i = 0; i < picture; i++) {
                double square = (double) gradient[from + i] * gradient[from + i];
                total += square;
                x += square * (i % size + 0.5);
                y += square * (i / size % size + 0.5);
            }
            if (total == 0) {
                x = size / 2.0; // dead features look nowhere
                y = x;
                total = 1;
            }
            mean[0] += x / total / (PASSES * PICTURES);
            mean[1] += y / total / (PASSES * PICTURES);
        }
    }
}
