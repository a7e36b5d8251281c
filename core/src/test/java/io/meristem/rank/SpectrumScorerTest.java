package io.meristem.rank;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.InputException;
import io.meristem.adapter.LayerSize;
import io.meristem.engine.Tensors;
import io.meristem.execute.Network;
import io.meristem.op.WeightedLayer;
import io.meristem.testing.TinyNetworks;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

/** The gains of the gradient's directions on the other half, and ranks from them. */
class SpectrumScorerTest {

    private static double[] drawn(Random random, int n) {
        return random.doubles(n, -1, 1).toArray();
    }

    private static Tensor matrix(double[] values, int rows, int columns) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return Tensors.of(floats, rows, columns).to(ScalarType.Double);
    }

    /** One-sided Jacobi rotations on the columns, in plain loops: another way to a decomposition than the scorer's. */
    static double[] reference(double[] a, double[] b, int rows, int columns, double squares) {
        double[][] u = new double[columns][rows];
        double[][] v = new double[columns][columns];
        for (int j = 0; j < columns; j++) {
            v[j][j] = 1;
            for (int i = 0; i < rows; i++) {
                u[j][i] = a[i * columns + j];
            }
        }
        for (int sweep = 0; sweep < 60; sweep++) {
            for (int p = 0; p < columns; p++) {
                for (int q = p + 1; q < columns; q++) {
                    double pq = dot(u[p], u[q]);
                    double difference = dot(u[q], u[q]) - dot(u[p], u[p]);
                    if (Math.abs(pq) > 1e-14) {
                        double angle = 0.5 * Math.atan2(2 * pq, -difference);
                        rotate(u[p], u[q], angle);
                        rotate(v[p], v[q], angle);
                    }
                }
            }
        }
        // sigma u_k' B v_k, and u[k] holds sigma u_k.
        double[] gains = new double[columns];
        for (int k = 0; k < columns; k++) {
            for (int i = 0; i < rows; i++) {
                for (int j = 0; j < columns; j++) {
                    gains[k] += u[k][i] * b[i * columns + j] * v[k][j];
                }
            }
            gains[k] = squares * Math.max(0, gains[k]);
        }
        Arrays.sort(gains);
        double[] falling = new double[Math.min(rows, columns)];
        for (int i = 0; i < falling.length; i++) {
            falling[i] = gains[columns - 1 - i];
        }
        return falling;
    }

    private static double dot(double[] x, double[] y) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            sum += x[i] * y[i];
        }
        return sum;
    }

    private static void rotate(double[] x, double[] y, double angle) {
        double c = Math.cos(angle);
        double s = Math.sin(angle);
        for (int i = 0; i < x.length; i++) {
            double first = c * x[i] + s * y[i];
            y[i] = c * y[i] - s * x[i];
            x[i] = first;
        }
    }

    @Test
    void gainsAreThoseOfTheDecomposition() {
        Random random = new Random(4);
        for (int[] shape : new int[][] {{5, 3}, {3, 5}, {4, 4}, {6, 1}}) {
            double[] a = drawn(random, shape[0] * shape[1]);
            double[] b = drawn(random, shape[0] * shape[1]);
            try (PointerScope scope = new PointerScope()) {
                SpectrumScorer.LayerGains found =
                        SpectrumScorer.layer(matrix(a, shape[0], shape[1]), matrix(b, shape[0], shape[1]), 2.5);
                assertArrayEquals(
                        reference(a, b, shape[0], shape[1], 2.5), found.gains(), 1e-5, Arrays.toString(shape));
                double cosine = dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
                assertEquals(cosine, found.agreement(), 1e-6);
            }
        }
    }

    /** Equal halves agree, and each direction gains its square. */
    @Test
    void equalHalvesGainTheSquaresOfTheSingularValues() {
        double[] a = drawn(new Random(5), 12);
        try (PointerScope scope = new PointerScope()) {
            Tensor matrix = matrix(a, 3, 4);
            SpectrumScorer.LayerGains found = SpectrumScorer.layer(matrix, matrix, 1);
            assertArrayEquals(Spectrum.ofRows(matrix), found.gains(), 1e-9);
            assertEquals(1, found.agreement(), 1e-12);
            SpectrumScorer.LayerGains against = SpectrumScorer.layer(matrix, matrix.neg(), 1);
            assertArrayEquals(new double[3], against.gains());
        }
    }

    /** Of a whole network, against the engine's own differentiation of the two halves. */
    @Test
    void gradientsAreThoseOfTheTwoHalves() {
        Subjects.Photos photos = Subjects.photos(2, 6, 16);
        try (PointerScope scope = new PointerScope();
                Network network = TinyNetworks.mixed().materialize(3)) {
            List<SpectrumScorer.LayerGains> found = SpectrumScorer.measure(Subjects.of(network, photos), false);
            List<WeightedLayer> layers = List.copyOf(network.weightedLayers().values());
            List<double[][]> sums = new ArrayList<>();
            layers.forEach(layer -> {
                layer.weight().value().requires_grad_(true);
                sums.add(new double[2][layer.outFeatures() * layer.columns()]);
            });
            photos.forEachLabelled((x, labels) -> {
                for (int half = 0; half < 2; half++) {
                    torch.cross_entropy_loss(network.forward(x.narrow(0, 3L * half, 3)), labels.narrow(0, 3L * half, 3))
                            .backward();
                    for (int i = 0; i < layers.size(); i++) {
                        double[] gradient =
                                Tensors.toDoubles(layers.get(i).weight().value().grad());
                        for (int j = 0; j < gradient.length; j++) {
                            sums.get(i)[half][j] += gradient[j];
                        }
                        layers.get(i).weight().value().mutable_grad().reset();
                    }
                }
            });
            for (int i = 0; i < layers.size(); i++) {
                WeightedLayer layer = layers.get(i);
                double[] weight = Tensors.toDoubles(layer.weight().value());
                double[] expected = reference(
                        sums.get(i)[0], sums.get(i)[1], layer.outFeatures(), layer.columns(), dot(weight, weight));
                assertArrayEquals(expected, found.get(i).gains(), 1e-3 * Math.max(1e-6, expected[0]), layer.kind());
            }
        }
    }

    private static final List<LayerSize> LAYERS =
            List.of(new LayerSize("a", "linear", 10, 10), new LayerSize("b", "linear", 40, 40));

    private static final List<double[]> GAINS = List.of(new double[] {4, 1, 0.5}, new double[] {6, 5, 0.2});

    private static int[] ranks(double power, RankOptions options) {
        return Directions.ranks(LAYERS, GAINS, power, options, 0.9);
    }

    private static RankOptions budget(int min, long numbers) {
        return new RankOptions(min, 3, numbers / LayerSize.NUMBERS_PER_MIB, false);
    }

    @Test
    void directionsAreTakenInTheirOrderUpToTheBudget() {
        // By gain: b, b, a, a, a, b; a rank of a takes 20, one of b 80.
        assertArrayEquals(new int[] {0, 2}, ranks(0, budget(0, 179)));
        assertArrayEquals(new int[] {1, 2}, ranks(0, budget(0, 180)));
        assertArrayEquals(new int[] {3, 2}, ranks(0, budget(0, 299)));
        assertArrayEquals(new int[] {3, 3}, ranks(0, budget(0, 300)));
        // By gain per number: a, b, b, a, a, b.
        assertArrayEquals(new int[] {1, 0}, ranks(1, budget(0, 99)));
        assertArrayEquals(new int[] {1, 2}, ranks(1, budget(0, 180)));
        // The least ranks come first.
        assertArrayEquals(new int[] {1, 1}, ranks(0, budget(1, 100)));
        assertArrayEquals(new int[] {1, 2}, ranks(0, budget(1, 180)));
        InputException e = assertThrows(InputException.class, () -> ranks(0, budget(1, 99)));
        assertTrue(e.getMessage().contains("is too small for rank 1 on each of 2 layers"), e.getMessage());
    }

    /** 15 of 16.7 are needed: b, b, a hold 15, and one more holds 16. */
    @Test
    void withoutABudgetTheSizeHoldsNineTenthsOfAllGain() {
        RankOptions free = new RankOptions(0, 3, 0, false);
        assertArrayEquals(new int[] {2, 2}, ranks(0, free));
        assertArrayEquals(new int[] {1, 2}, Directions.ranks(LAYERS, GAINS, 0, free, 0.89));
        assertArrayEquals(new int[] {2, 2}, ranks(0, new RankOptions(2, 3, 0, false)));
        assertArrayEquals(
                new int[] {0, 0}, Directions.ranks(LAYERS, List.of(new double[3], new double[3]), 0, free, 0.9));
    }

    /** Three times the weight and a third of the gradient is the same network. */
    @Test
    void theScaleOfAWeightDoesNotMatter() {
        Random random = new Random(8);
        double[] a = drawn(random, 20);
        double[] b = drawn(random, 20);
        try (PointerScope scope = new PointerScope()) {
            double[] one =
                    SpectrumScorer.layer(matrix(a, 4, 5), matrix(b, 4, 5), 2).gains();
            double[] third = SpectrumScorer.layer(
                            matrix(Arrays.stream(a).map(x -> x / 3).toArray(), 4, 5),
                            matrix(Arrays.stream(b).map(x -> x / 3).toArray(), 4, 5),
                            2 * 9)
                    .gains();
            assertArrayEquals(one, third, 1e-6);
        }
    }

    @Test
    void aPowerOutsideItsRangeIsRefused() {
        for (double power : new double[] {-0.1, 1.1, Double.NaN}) {
            assertThrows(InputException.class, () -> new SpectrumScorer(power));
            assertThrows(InputException.class, () -> new WhitenedSpectrumScorer(power));
        }
    }

    @Test
    void aGainThatIsNoNumberIsSaid() {
        InputException e = assertThrows(
                InputException.class,
                () -> Directions.ranks(
                        LAYERS, List.of(new double[] {1}, new double[] {Double.NaN}), 0, budget(0, 100), 0.9));
        assertTrue(e.getMessage().contains("the gain of layer b came out as NaN"), e.getMessage());
    }
}
