package io.meristem.rank;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.InputException;
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
import org.junit.jupiter.api.Test;

/** Single photos' gradients against their classes, and the trained update's spectrum. */
class AlignmentScorerTest {

    /** Against the engine's own differentiation, photo by photo, and the sums of HSIC written out. */
    @Test
    void equalsTheFormula() {
        Subjects.Photos photos = Subjects.photos(2, 5, 16);
        try (PointerScope scope = new PointerScope();
                Network network = TinyNetworks.mixed().materialize(3)) {
            List<AlignmentScorer.LayerAlignment> found = AlignmentScorer.measure(Subjects.of(network, photos));
            List<WeightedLayer> layers = List.copyOf(network.weightedLayers().values());
            layers.forEach(layer -> layer.weight().value().requires_grad_(true));
            int n = 10;
            List<double[][]> gradients = new ArrayList<>();
            List<Long> labels = new ArrayList<>();
            photos.forEachLabelled((x, y) -> {
                for (int i = 0; i < 5; i++) {
                    torch.cross_entropy_loss(network.forward(x.narrow(0, i, 1)), y.narrow(0, i, 1))
                            .backward();
                    double[][] one = new double[layers.size()][];
                    for (int l = 0; l < one.length; l++) {
                        one[l] =
                                Tensors.toDoubles(layers.get(l).weight().value().grad());
                        layers.get(l).weight().value().mutable_grad().reset();
                    }
                    gradients.add(one);
                    labels.add(y.narrow(0, i, 1).item_long());
                }
            });
            for (int l = 0; l < layers.size(); l++) {
                double[] k = new double[n * n];
                double[] y = new double[n * n];
                for (int i = 0; i < n; i++) {
                    for (int j = 0; j < n; j++) {
                        y[i * n + j] = labels.get(i).equals(labels.get(j)) ? 1 : 0;
                        for (int p = 0; p < gradients.get(i)[l].length; p++) {
                            k[i * n + j] += gradients.get(i)[l][p] * gradients.get(j)[l][p];
                        }
                    }
                }
                double t = hsic(k, y, n) / Math.sqrt(hsic(k, k, n) * hsic(y, y, n));
                assertEquals(
                        Math.max(0, Math.min(1, t)),
                        found.get(l).alignment(),
                        1e-4,
                        layers.get(l).kind());
                assertEquals(participation(k, n), found.get(l).directions(), 1e-3);
            }
        }
    }

    /** Song et al. 2012, term by term. */
    private static double hsic(double[] k, double[] l, int n) {
        double trace = 0;
        double sumK = 0;
        double sumL = 0;
        double both = 0;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                if (j == i) {
                    continue;
                }
                trace += k[i * n + j] * l[j * n + i];
                sumK += k[i * n + j];
                sumL += l[i * n + j];
                for (int m = 0; m < n; m++) {
                    both += m == j ? 0 : k[i * n + j] * l[j * n + m];
                }
            }
        }
        return (trace + sumK * sumL / ((n - 1.0) * (n - 2.0)) - 2.0 / (n - 2) * both) / (n * (n - 3.0));
    }

    private static double participation(double[] k, int n) {
        double[] c = k.clone();
        double mean = Arrays.stream(k).sum() / n / n;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                double row = 0;
                double column = 0;
                for (int m = 0; m < n; m++) {
                    row += k[i * n + m] / n;
                    column += k[m * n + j] / n;
                }
                c[i * n + j] = k[i * n + j] - row - column + mean;
            }
        }
        double trace = 0;
        double squares = 0;
        for (int i = 0; i < n; i++) {
            trace += c[i * n + i];
            for (int j = 0; j < n; j++) {
                squares += c[i * n + j] * c[i * n + j];
            }
        }
        return trace * trace / squares;
    }

    /** Gradients that are the classes align wholly; those of one value not at all. */
    @Test
    void fromNotAtAllToWholly() {
        int n = 6;
        double[] same = new double[n * n];
        for (int i = 0; i < n * n; i++) {
            same[i] = i / n / 2 == i % n / 2 ? 1 : 0;
        }
        assertEquals(1, AlignmentScorer.layer(same, same, n).alignment(), 1e-12);
        double[] flat = new double[n * n];
        Arrays.fill(flat, 3);
        assertEquals(0, AlignmentScorer.layer(flat, same, n).alignment());
        assertEquals(0, AlignmentScorer.layer(new double[n * n], same, n).directions());
    }

    /** Without a budget the ranks are the rounded numbers; with one, kappa is the greatest that fits. */
    @Test
    void ranksAreWhatIsWantedTimesOneFactor() {
        try (PointerScope scope = new PointerScope();
                Network network = TinyNetworks.mixed().materialize(3)) {
            Subjects.Photos photos = Subjects.photos(2, 5, 16);
            ScoringContext free = Subjects.of(network, photos, new RankOptions(0, 16, 0, false), 1, 0);
            Scoring scoring = AlignmentScorer.DEFAULT.score(free, ScorerMemory.NONE);
            for (int i = 0; i < scoring.ranks().size(); i++) {
                double wanted = scoring.scores().get(i).measures().get("wanted");
                long most = Allocator.most(free.sizes().get(i), free.options());
                assertEquals(Math.min(most, Math.round(wanted)), (long)
                        scoring.ranks().get(i));
            }
            assertEquals(scoring.own(), scoring.ranks());
            ScoringContext bounded = Subjects.of(network, photos, new RankOptions(0, 16, 3e-4, false), 1, 0);
            Scoring within = AlignmentScorer.DEFAULT.score(bounded, ScorerMemory.NONE);
            assertEquals(scoring.ranks(), within.own());
            List<Integer> ranks = within.ranks();
            boolean one = false;
            for (double kappa = 1e-3; kappa < 1e3; kappa *= 1.003) {
                boolean same = true;
                for (int i = 0; i < ranks.size(); i++) {
                    double wanted = scoring.scores().get(i).measures().get("wanted");
                    int most = Allocator.most(free.sizes().get(i), free.options());
                    same &= Math.min(most, Math.round(kappa * wanted)) == ranks.get(i);
                }
                one |= same;
            }
            assertTrue(one, "no kappa gives " + ranks);
        }
    }

    @Test
    void kappaIsPositive() {
        for (double kappa : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThrows(InputException.class, () -> new AlignmentScorer(kappa));
        }
    }

    /** The whole update's effect is the sum over its directions; and a lone direction's is written out. */
    @Test
    void theSpectrumOfAnUpdateSharesOutItsEffect() {
        Random random = new Random(6);
        try (PointerScope scope = new PointerScope()) {
            Tensor b = drawn(random, 5, 3);
            Tensor a = drawn(random, 3, 4);
            Tensor x = drawn(random, 20, 4);
            Tensor w = drawn(random, 5, 4);
            double[] h = UpdateSpectrum.of(b, a, 2, x, w);
            double whole = squares(b.matmul(a).matmul(x.t())) * 4 / squares(w.matmul(x.t()));
            assertEquals(whole, Arrays.stream(h).sum(), 1e-4 * whole);
            assertTrue(h[0] >= h[1] && h[1] >= h[2]);
            double[] lone = UpdateSpectrum.of(b.narrow(1, 0, 1), a.narrow(0, 0, 1), 1, x, w);
            double expected =
                    squares(b.narrow(1, 0, 1).matmul(a.narrow(0, 0, 1)).matmul(x.t())) / squares(w.matmul(x.t()));
            assertEquals(expected, lone[0], 1e-4 * expected);
            // The same update with its factors mixed is the same.
            Tensor mix = drawn(random, 3, 3);
            double[] mixed =
                    UpdateSpectrum.of(b.matmul(mix), torch.linalg_inv(mix).matmul(a), 2, x, w);
            assertArrayEquals(h, mixed, 1e-3 * h[0]);
            assertArrayEquals(new double[1], UpdateSpectrum.of(torch.zeros(5, 1), a.narrow(0, 0, 1), 1, x, w));
        }
    }

    private static Tensor drawn(Random random, int rows, int columns) {
        float[] values = new float[rows * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return Tensors.of(values, rows, columns);
    }

    private static double squares(Tensor tensor) {
        return tensor.square().sum().item_double();
    }
}
