package io.meristem.rank;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.adapter.LayerSize;
import io.meristem.engine.Tensors;
import io.meristem.execute.Network;
import io.meristem.op.Conv2d;
import io.meristem.op.Padding;
import io.meristem.op.WeightedLayer;
import io.meristem.testing.TinyNetworks;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Explained variance of layers' inputs against plain loops in float64, and the count of components against a plain sort. */
class ActivationScorerTest {

    /** Maps of 8 x 8, 2 x 2 and 1 x 1 behind the stem. */
    @ParameterizedTest
    @ValueSource(ints = {16, 4, 2})
    void explainedVarianceEqualsThePlainSpectrum(int side) {
        Subjects.Photos photos = Subjects.photos(2, 6, side);
        for (Network network : List.of(TinyNetworks.mixed(), TinyNetworks.normed())) {
            try (PointerScope scope = new PointerScope();
                    network) {
                network.materialize(3);
                Map<String, double[]> found = InputPatches.explainedVariance(network, network.weightedLayers(), photos);
                Map<String, List<double[]>> vectors = vectors(network, photos);
                assertEquals(vectors.keySet(), found.keySet());
                found.forEach((name, ratios) -> {
                    double[] expected = ratios(vectors.get(name));
                    assertTrue(
                            ratios.length
                                    <= Math.min(
                                            expected.length, vectors.get(name).size()),
                            name);
                    for (int i = 0; i < expected.length; i++) {
                        assertEquals(expected[i], i < ratios.length ? ratios[i] : 0, 1e-6, name + " " + i);
                    }
                });
            }
        }
    }

    /** What each layer's weight is multiplied with at the chosen places of each photo, read off its whole input in plain loops. */
    private static Map<String, List<double[]>> vectors(Network network, Subjects.Photos photos) {
        Map<String, List<double[]>> vectors = new LinkedHashMap<>();
        network.weightedLayers().forEach((name, layer) -> {
            List<double[]> list = new ArrayList<>();
            vectors.put(name, list);
            layer.setObserver((self, x, y) -> {
                double[] values = Tensors.toDoubles(x);
                long[] shape = x.shape();
                if (self.op() instanceof Conv2d conv) {
                    for (int i : places((int) y.size(2))) {
                        for (int j : places((int) y.size(3))) {
                            for (int n = 0; n < shape[0]; n++) {
                                int group = list.size() % conv.groups();
                                list.add(patch(conv, values, shape, n, group, i, j));
                            }
                        }
                    }
                } else if (shape.length == 4) {
                    for (int i : places((int) shape[1])) {
                        for (int j : places((int) shape[2])) {
                            for (int n = 0; n < shape[0]; n++) {
                                double[] v = new double[(int) shape[3]];
                                for (int c = 0; c < v.length; c++) {
                                    v[c] = values[(int) (((n * shape[1] + i) * shape[2] + j) * shape[3] + c)];
                                }
                                list.add(v);
                            }
                        }
                    }
                } else {
                    for (int n = 0; n < shape[0]; n++) {
                        double[] v = new double[(int) shape[1]];
                        System.arraycopy(values, n * v.length, v, 0, v.length);
                        list.add(v);
                    }
                }
            });
        });
        network.train(false);
        try (NoGradGuard guard = new NoGradGuard()) {
            photos.forEach(network::forward);
        }
        network.weightedLayers().values().forEach(layer -> layer.setObserver(null));
        return vectors;
    }

    private static List<Integer> places(int length) {
        return length == 1 ? List.of(0) : List.of(length / 4, 3 * length / 4);
    }

    private static double[] patch(Conv2d conv, double[] x, long[] shape, int n, int group, int i, int j) {
        int channels = conv.in() / conv.groups();
        int k = conv.window().height();
        int padding = ((Padding.Fixed) conv.window().padding()).top();
        double[] v = new double[channels * k * k];
        for (int c = 0; c < channels; c++) {
            for (int a = 0; a < k; a++) {
                for (int b = 0; b < k; b++) {
                    int row = i * conv.stride() - padding + a;
                    int column = j * conv.stride() - padding + b;
                    if (row >= 0 && row < shape[2] && column >= 0 && column < shape[3]) {
                        long channel = n * shape[1] + (long) group * channels + c;
                        v[(c * k + a) * k + b] = x[(int) ((channel * shape[2] + row) * shape[3] + column)];
                    }
                }
            }
        }
        return v;
    }

    /** Eigenvalues of the covariance over their sum, as many as numbers in a vector. */
    private static double[] ratios(List<double[]> vectors) {
        double[][] centred = Reference.columnCentred(vectors.toArray(new double[0][]));
        double[][] covariance = Reference.gram(transposed(centred));
        double trace = Reference.trace(covariance);
        double[] values = Jacobi.eigenvalues(covariance);
        for (int i = 0; i < values.length; i++) {
            values[i] /= trace;
        }
        return values;
    }

    private static double[][] transposed(double[][] a) {
        double[][] t = new double[a[0].length][a.length];
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < t.length; j++) {
                t[j][i] = a[i][j];
            }
        }
        return t;
    }

    @Test
    void componentsAreSortedOverAllLayers() {
        List<LayerSize> layers = List.of(
                new LayerSize("a", "conv", 8, 8),
                new LayerSize("b", "conv", 8, 8),
                new LayerSize("c", "depthwise", 8, 2));
        List<double[]> ratios = List.of(
                new double[] {0.9, 0.05, 0.03, 0.02}, new double[] {0.3, 0.28, 0.22, 0.2}, new double[] {0.6, 0.4, 0.0
                });
        // Without a budget: half the greatest rank per layer on average, so six of them.
        assertArrayEquals(new int[] {1, 3, 2}, ActivationScorer.kept(layers, ratios, new RankOptions(0, 4, 0, false)));
        // No more than the greatest rank or the full one.
        assertArrayEquals(new int[] {2, 2, 2}, ActivationScorer.kept(layers, ratios, new RankOptions(0, 2, 1, false)));
        // 16 + 10 + 10 + 16 numbers fit 55, the next 16 do not.
        assertArrayEquals(
                new int[] {1, 1, 2},
                ActivationScorer.kept(layers, ratios, new RankOptions(0, 4, LayerSize.mib(55), false)));
    }

    @Test
    void countsBecomeTheRanksWhereLayersMayGoWithout() {
        try (PointerScope scope = new PointerScope();
                Network network = TinyNetworks.mixed().materialize(3)) {
            for (double mib : new double[] {0, LayerSize.mib(150)}) {
                ScoringContext subject =
                        Subjects.of(network, Subjects.photos(3, 6, 16), new RankOptions(0, 6, mib, false), 1, 0);
                Allocation allocation = Allocation.of(subject, new ActivationScorer(), ScorerMemory.NONE);
                for (Allocation.Row row : allocation.rows()) {
                    double components = row.score().measures().get("components");
                    assertEquals(components, row.rank(), row.layer().name());
                }
                assertTrue(allocation.numbers() > 0);
            }
        }
    }

    @Test
    void inputsThatDoNotVaryExplainNothing() {
        Subjects.Photos photos = Subjects.photos(1, 6, 16);
        Subjects.Photos same = new Subjects.Photos(List.of(new float[6 * 3 * 16 * 16]), photos.labels(), 6, 16);
        try (PointerScope scope = new PointerScope();
                Network network = TinyNetworks.normed().materialize(3)) {
            Map<String, double[]> found = InputPatches.explainedVariance(network, network.weightedLayers(), same);
            WeightedLayer first = network.weightedLayers().get("first");
            assertEquals(Math.min(first.columns(), 24), found.get("first").length);
            for (double ratio : found.get("first")) {
                assertEquals(0, ratio);
            }
        }
    }
}
