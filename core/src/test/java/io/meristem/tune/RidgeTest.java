package io.meristem.tune;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.engine.Tensors;
import io.meristem.execute.LabelledFeed;
import io.meristem.execute.Network;
import io.meristem.op.Linear;
import io.meristem.zoo.Models;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Ridge regression, its leave-one-out predictions and its scale against refits in plain loops. */
class RidgeTest {

    private static final int CLASSES = 3;

    /** Features around a centre of each class, far from zero, in which the last column repeats the first. */
    private static double[][] features(int n, int width, double apart, Random random) {
        double[][] x = new double[n][width];
        for (int i = 0; i < n; i++) {
            for (int f = 0; f < width; f++) {
                double value = 5 + (f % CLASSES == label(i) ? apart : 0) + random.nextGaussian();
                x[i][f] = (float) value;
            }
            x[i][width - 1] = x[i][0];
        }
        return x;
    }

    private static int label(int i) {
        return i % 4 == 3 ? 0 : i % 4;
    }

    private static int[] labels(int n) {
        int[] labels = new int[n];
        for (int i = 0; i < n; i++) {
            labels[i] = label(i);
        }
        return labels;
    }

    private static Tensor tensor(double[][] x) {
        float[] flat = new float[x.length * x[0].length];
        for (int i = 0; i < flat.length; i++) {
            flat[i] = (float) x[i / x[0].length][i % x[0].length];
        }
        return Tensors.of(flat, x.length, x[0].length);
    }

    /** More photos than features, and fewer. */
    @ParameterizedTest
    @CsvSource({"24, 6, 1.5", "24, 6, 0.2", "12, 30, 1.5", "12, 30, 0.2"})
    void equalsPlainRefits(int n, int width, double apart) {
        double[][] x = features(n, width, apart, new Random(5));
        try (PointerScope scope = new PointerScope()) {
            Ridge.Fit fit = Ridge.fit(tensor(x), labels(n), CLASSES);
            assertEquals(n, fit.photos());
            // The fit as a plain one, its outputs multiplied by the scale and with the classes' mean taken off.
            Plain all = new Plain(x, n, -1, fit.lambda());
            for (int c = 0; c < CLASSES; c++) {
                for (int f = 0; f < width; f++) {
                    assertEquals(fit.scale() * all.w[f][c], fit.weight()[c * width + f], 1e-8, "weight");
                }
                assertEquals(fit.scale() * (all.b[c] - 1.0 / CLASSES), fit.bias()[c], 1e-8, "bias");
            }
            // What it says of photos left out is what refits without them say.
            int right = 0;
            for (int i = 0; i < n; i++) {
                double[] p = new Plain(x, n, i, fit.lambda()).predict(x[i]);
                int best = p[0] >= p[1] && p[0] >= p[2] ? 0 : p[1] >= p[2] ? 1 : 2;
                right += best == label(i) ? 1 : 0;
            }
            assertEquals((double) right / n, fit.accuracy(), 1e-12);
            checkChoice(x, n, fit);
        }
    }

    /** No penalty that is tried and no scale has a lower cross entropy of the refits' predictions. */
    private static void checkChoice(double[][] x, int n, Ridge.Fit fit) {
        double squares = 0;
        for (int f = 0; f < x[0].length; f++) {
            int column = f;
            double mean =
                    Arrays.stream(x).mapToDouble(row -> row[column]).average().orElseThrow();
            squares += Arrays.stream(x)
                    .mapToDouble(row -> Math.pow(row[column] - mean, 2))
                    .sum();
        }
        int directions = Math.min(n, x[0].length) - 1; // the mean takes one, or the repeated column
        double chosen = loss(x, n, fit.lambda(), fit.scale());
        boolean tried = false;
        for (int half = -8; half <= 4; half++) {
            double lambda = squares / directions * Math.pow(10, half / 2.0);
            tried |= Math.abs(lambda / fit.lambda() - 1) < 1e-6;
            for (double scale = 0.1; scale <= 32; scale *= 1.05) {
                double other = loss(x, n, lambda, scale);
                assertTrue(chosen <= other + 1e-6, lambda + ", " + scale + " gives " + other + ", not " + chosen);
            }
        }
        assertTrue(tried, fit.lambda() + " is none of those");
    }

    private static double loss(double[][] x, int n, double lambda, double scale) {
        double[] predictions = new double[n * CLASSES];
        for (int i = 0; i < n; i++) {
            System.arraycopy(new Plain(x, n, i, lambda).predict(x[i]), 0, predictions, i * CLASSES, CLASSES);
        }
        double sum = 0;
        for (int i = 0; i < n; i++) {
            double total = 0;
            for (int c = 0; c < CLASSES; c++) {
                total += Math.exp(scale * predictions[i * CLASSES + c]);
            }
            sum += Math.log(total) - scale * predictions[i * CLASSES + label(i)];
        }
        return sum / n;
    }

    /** One refit by Gaussian elimination, without photo {@code out}. */
    private static final class Plain {
        final double[][] w;
        final double[] b = new double[CLASSES];

        Plain(double[][] x, int n, int out, double lambda) {
            int width = x[0].length;
            double[] mean = new double[width];
            double[] share = new double[CLASSES];
            int count = out < 0 ? n : n - 1;
            for (int i = 0; i < n; i++) {
                if (i != out) {
                    share[label(i)] += 1.0 / count;
                    for (int f = 0; f < width; f++) {
                        mean[f] += x[i][f] / count;
                    }
                }
            }
            double[][] system = new double[width][width + CLASSES];
            for (int i = 0; i < n; i++) {
                for (int f = 0; i != out && f < width; f++) {
                    for (int g = 0; g < width; g++) {
                        system[f][g] += (x[i][f] - mean[f]) * (x[i][g] - mean[g]);
                    }
                    for (int c = 0; c < CLASSES; c++) {
                        double target = (label(i) == c ? 1 : 0) - share[c];
                        system[f][width + c] += (x[i][f] - mean[f]) * target;
                    }
                }
            }
            for (int f = 0; f < width; f++) {
                system[f][f] += lambda;
            }
            w = solve(system, width);
            for (int c = 0; c < CLASSES; c++) {
                b[c] = share[c];
                for (int f = 0; f < width; f++) {
                    b[c] -= mean[f] * w[f][c];
                }
            }
        }

        double[] predict(double[] x) {
            double[] p = b.clone();
            for (int c = 0; c < CLASSES; c++) {
                for (int f = 0; f < x.length; f++) {
                    p[c] += x[f] * w[f][c];
                }
            }
            return p;
        }

        private static double[][] solve(double[][] system, int width) {
            for (int p = 0; p < width; p++) {
                for (int r = 0; r < width; r++) {
                    double factor = system[r][p] / system[p][p];
                    for (int c = p; r != p && c < width + CLASSES; c++) {
                        system[r][c] -= factor * system[p][c];
                    }
                }
            }
            double[][] solution = new double[width][CLASSES];
            for (int f = 0; f < width; f++) {
                for (int c = 0; c < CLASSES; c++) {
                    solution[f][c] = system[f][width + c] / system[f][f];
                }
            }
            return solution;
        }
    }

    /** Nothing is left to learn from an infinite scale; where classes are told apart without an error it is bounded. */
    @Test
    void theScaleIsBounded() {
        double[][] x = features(40, 6, 200, new Random(5));
        try (PointerScope scope = new PointerScope()) {
            Ridge.Fit fit = Ridge.fit(tensor(x), labels(40), CLASSES);
            assertEquals(1, fit.accuracy());
            assertTrue(fit.scale() <= 32 && fit.scale() > 31, "scale " + fit.scale());
        }
    }

    @Test
    void featuresWithoutVariationGiveTheClassesShares() {
        try (PointerScope scope = new PointerScope()) {
            Ridge.Fit fit = Ridge.fit(torch.ones(8, 4), labels(8), CLASSES);
            assertArrayEquals(new double[CLASSES * 4], fit.weight(), 1e-12);
            assertTrue(
                    fit.bias()[0] > fit.bias()[1] && fit.bias()[1] == fit.bias()[2],
                    "half of the photos are of class 0");
        }
    }

    /** Heads behind pooling, and behind dropout and hidden layers. */
    @ParameterizedTest
    @MethodSource("io.meristem.testing.Families#smallest")
    void everyFamilysHeadGetsTheFit(String model) {
        long kept = Tensors.kept();
        LabelledFeed photos = photos(64);
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard();
                Network network = new Network(Models.find(model), CLASSES).materialize(3)) {
            network.train(true); // dropout must not reach the features
            List<Integer> asked = new ArrayList<>();
            String note = HeadStart.RIDGE
                    .apply(network, (batches, size) -> {
                        asked.add(batches * size);
                        return photos;
                    })
                    .orElseThrow();
            assertEquals(List.of(8192), asked);
            assertTrue(note.contains("on 16 training photos"), note);
            List<double[]> rows = new ArrayList<>();
            List<Integer> labels = new ArrayList<>();
            network.head().setObserver((layer, x, y) -> {
                double[] flat = Tensors.toDoubles(Linear.rows(x));
                int width = layer.columns();
                for (int at = 0; at < flat.length; at += width) {
                    rows.add(Arrays.copyOfRange(flat, at, at + width));
                }
            });
            photos.forEachLabelled((x, y) -> {
                network.forward(x);
                for (double label : Tensors.toDoubles(y)) {
                    labels.add((int) label);
                }
            });
            network.head().setObserver(null);
            int[] all = labels.stream().mapToInt(Integer::intValue).toArray();
            Ridge.Fit fit = Ridge.fit(tensor(rows.toArray(new double[0][])), all, CLASSES);
            double[] weight = Tensors.toDoubles(network.head().weight().value());
            double largest = 0;
            double off = 0;
            for (int i = 0; i < weight.length; i++) {
                largest = Math.max(largest, Math.abs(weight[i]));
                off = Math.max(off, Math.abs(weight[i] - fit.weight()[i]));
            }
            // Features of the folded network differ in their last digits.
            assertTrue(off <= 1e-3 * largest, off + " of " + largest);
            assertTrue(
                    HeadStart.RANDOM.apply(network, (batches, size) -> photos).isEmpty());
        }
        assertEquals(kept, Tensors.kept());
    }

    private static LabelledFeed photos(int side) {
        return consumer -> {
            for (int b = 0; b < 2; b++) {
                try (PointerScope scope = new PointerScope()) {
                    Random random = new Random(b);
                    float[] pixels = new float[8 * 3 * side * side];
                    long[] labels = new long[8];
                    for (int i = 0; i < 8; i++) {
                        labels[i] = label(i);
                        double brightness = 0.5 * labels[i] + 0.2 * random.nextGaussian();
                        for (int p = 0; p < 3 * side * side; p++) {
                            pixels[i * 3 * side * side + p] = (float) (brightness + 0.3 * random.nextGaussian());
                        }
                    }
                    consumer.accept(Tensors.of(pixels, 8, 3, side, side), Tensors.of(labels));
                }
            }
        };
    }
}
