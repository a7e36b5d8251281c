package io.meristem.adapter;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.adapter.AdapterFormTest.Kind;
import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import io.meristem.execute.Execution;
import io.meristem.execute.Network;
import io.meristem.op.WeightedLayer;
import io.meristem.testing.TinyNetworks;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TripletSetTest {

    private static final double SCALING = 1.5;
    private static final int RANK = 3;
    private static final double PENALTY = 0.7;

    @BeforeAll
    static void oneThread() {
        Engine.start(1);
    }

    @AfterAll
    static void allThreads() {
        Engine.start(0);
    }

    /** Triplets on one layer, with random values. Made inside a scope; close it there. */
    private static final class Bench implements AutoCloseable {
        final Network network;
        final WeightedLayer layer;
        final TripletSet triplets;
        final Tensor x;

        Bench(Kind kind) {
            network = TinyNetworks.single(kind.layer.get()).materialize(5);
            layer = network.weightedLayers().get("layer");
            triplets = TripletSet.attach(network, Map.of("layer", RANK), SCALING, 0, 9);
            x = AdapterFormTest.gaussian(1, kind.input);
            fill(triplets);
        }

        @Override
        public void close() {
            triplets.close();
            network.close();
        }
    }

    private static void fill(TripletSet triplets) {
        try (NoGradGuard guard = new NoGradGuard()) {
            int seed = 20;
            for (Tensor parameter : triplets.parameters()) {
                parameter.copy_(AdapterFormTest.gaussian(seed++, parameter.shape()));
            }
        }
        triplets.refresh();
    }

    @ParameterizedTest
    @EnumSource
    void startsAtThePretrainedFunctionExactly(Kind kind) {
        try (PointerScope scope = new PointerScope();
                Network network = TinyNetworks.single(kind.layer.get()).materialize(5)) {
            WeightedLayer layer = network.weightedLayers().get("layer");
            Tensor x = AdapterFormTest.gaussian(1, kind.input);
            float[] frozen = Tensors.toFloats(layer.forward(x));
            try (TripletSet triplets = TripletSet.attach(network, Map.of("layer", RANK), SCALING, 0, 9)) {
                assertArrayEquals(frozen, Tensors.toFloats(layer.forward(x)), 0);
                assertTrue(
                        triplets.adapters().adapters().get("layer").b().norm().item_double() > 0);
                assertTrue(triplets.q("layer").norm().item_double() > 0);
            }
        }
    }

    /** Outputs, and gradients of sum(output * G) plus the penalty, as the engine differentiates {@code W + s P diag(lambda) Q}. */
    @ParameterizedTest
    @EnumSource
    void outputsAndGradientsAreThoseOfTheFormula(Kind kind) {
        try (PointerScope scope = new PointerScope();
                Bench bench = new Bench(kind)) {
            Tensor p = leaf(bench.triplets.adapters().adapters().get("layer").b());
            Tensor q = leaf(bench.triplets.q("layer"));
            Tensor l = leaf(bench.triplets.lambdas());
            Tensor update = p.matmul(torch.diag(l)).matmul(q).mul(new Scalar(SCALING));
            Tensor weight = bench.layer.weight().value();
            Tensor y = bench.layer.apply(
                    bench.x,
                    weight.add(update.reshape(weight.shape())),
                    bench.layer.bias() == null ? null : bench.layer.bias().value());
            Tensor g = AdapterFormTest.gaussian(3, y.shape());
            Tensor penalty = off(p.t().matmul(p)).add(off(q.matmul(q.t()))).mul(new Scalar(PENALTY / 2));
            y.mul(g).sum().add(penalty).backward();

            long kept = Tensors.kept();
            try (NoGradGuard guard = new NoGradGuard();
                    Execution run = Execution.of(bench.layer, true)) {
                Tensor found = run.forward(bench.x);
                AdapterFormTest.assertClose(Tensors.toFloats(y), Tensors.toFloats(found), kind + ": output");
                run.backward(g);
            }
            bench.triplets.pullBack(PENALTY);
            assertEquals(kept, Tensors.kept());
            same(p, bench.triplets.adapters().adapters().get("layer").b(), kind + ": P");
            same(q, bench.triplets.q("layer"), kind + ": Q");
            same(l, bench.triplets.lambdas(), kind + ": lambda");
        }
    }

    private static Tensor leaf(Tensor tensor) {
        return tensor.detach().clone().requires_grad_(true);
    }

    private static Tensor off(Tensor overlap) {
        return overlap.sub(torch.eye(RANK)).norm();
    }

    private static void same(Tensor expected, Tensor found, String what) {
        AdapterFormTest.assertClose(Tensors.toFloats(expected.grad()), Tensors.toFloats(found.grad()), what);
    }

    @Test
    void orthonormalFactorsHaveNoPenalty() {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Tensor gradient = torch.zeros(4, 2);
            TripletGradients.ofColumns(gradient, torch.eye(4).narrow(1, 1, 2), 1);
            assertEquals(0, gradient.abs().max().item_double());
            TripletGradients.ofColumns(gradient, torch.zeros(4, 2), 1);
            assertEquals(0, gradient.abs().max().item_double());
        }
    }

    @Test
    void costsAndNumbersFollowTheLayers() {
        try (Network network = TinyNetworks.mixed().materialize(1)) {
            Map<String, Integer> ranks = ranks();
            try (TripletSet triplets = TripletSet.attach(network, ranks, SCALING, 0, 9)) {
                // stem (8, 27), depthwise (8, 9), grouped (8, 27), mixer (6, 8)
                assertArrayEquals(new int[] {36, 36, 18, 36, 36, 36, 15}, triplets.costs());
                assertEquals(7, triplets.size());
                assertEquals(
                        Arrays.stream(triplets.costs()).sum(),
                        triplets.parameters().stream().mapToLong(Tensor::numel).sum());
                List<LayerRank> all = triplets.ranks(network.weightedLayers());
                assertEquals(6, all.size());
                assertEquals(213, all.stream().mapToLong(LayerRank::numbers).sum());
                assertEquals(0, all.get(2).rank());
            }
        }
    }

    private static Map<String, Integer> ranks() {
        Map<String, Integer> ranks = new LinkedHashMap<>();
        ranks.put("stem", 2);
        ranks.put("depthwise", 1);
        ranks.put("point", 0);
        ranks.put("grouped", 3);
        ranks.put("mixer", 1);
        return ranks;
    }

    @Test
    void pruningWhatIsMaskedKeepsTheFunctionAndSaysWhatIsLeft() {
        long kept = Tensors.kept();
        try (PointerScope scope = new PointerScope();
                Network network = TinyNetworks.mixed().materialize(1);
                TripletSet triplets = TripletSet.attach(network, ranks(), SCALING, 0, 9)) {
            fill(triplets);
            Tensor x = AdapterFormTest.gaussian(2, 2, 3, 10, 10);
            float[] whole = logits(network, x);
            boolean[] left = {false, true, false, true, false, true, true};
            triplets.mask(left);
            triplets.refresh();
            float[] masked = logits(network, x);
            assertFalse(Arrays.equals(whole, masked));
            List<float[]> before = new ArrayList<>();
            List<long[]> shapes = new ArrayList<>();
            triplets.parameters().forEach(t -> {
                before.add(Tensors.toFloats(t));
                shapes.add(t.shape());
            });
            List<Slice> slices = triplets.prune(left);
            AdapterFormTest.assertClose(masked, logits(network, x), "pruned");
            assertEquals(4, triplets.size());
            assertEquals(
                    List.of("stem", "grouped", "mixer"),
                    List.copyOf(triplets.adapters().adapters().keySet()));
            assertNull(triplets.q("depthwise"));
            assertArrayEquals(new int[] {36, 36, 36, 15}, triplets.costs());
            List<Tensor> parameters = triplets.parameters();
            assertEquals(parameters.size(), slices.size());
            for (int i = 0; i < slices.size(); i++) {
                Slice slice = slices.get(i);
                Tensor old = Tensors.of(before.get(slice.of()), shapes.get(slice.of()));
                Tensor expected = old.index_select(slice.dim(), Tensors.of(slice.entries()));
                assertArrayEquals(Tensors.toFloats(expected), Tensors.toFloats(parameters.get(i)), "parameter " + i);
                assertTrue(
                        parameters.get(i).requires_grad() && parameters.get(i).is_leaf());
            }
        }
        assertEquals(kept, Tensors.kept());
    }

    @Test
    void allMayGo() {
        long kept = Tensors.kept();
        try (PointerScope scope = new PointerScope();
                Network network = TinyNetworks.mixed().materialize(1);
                TripletSet triplets = TripletSet.attach(network, ranks(), SCALING, 0, 9)) {
            fill(triplets);
            Tensor x = AdapterFormTest.gaussian(2, 2, 3, 10, 10);
            assertEquals(List.of(), triplets.prune(new boolean[7]));
            assertEquals(List.of(), triplets.parameters());
            triplets.pullBack(1);
            float[] pruned = logits(network, x);
            triplets.close();
            assertArrayEquals(logits(network, x), pruned, 0);
        }
        assertEquals(kept, Tensors.kept());
    }

    private static float[] logits(Network network, Tensor x) {
        try (NoGradGuard guard = new NoGradGuard()) {
            return Tensors.toFloats(network.forward(x));
        }
    }

    /** Against the formulas in float64, over five steps of random values and gradients. */
    @Test
    void scoresAreThoseOfTheFormula() {
        double beta1 = 0.8;
        double beta2 = 0.6;
        Random random = new Random(3);
        long kept = Tensors.kept();
        try (PointerScope scope = new PointerScope();
                Network network = TinyNetworks.mixed().materialize(1);
                TripletSet triplets = TripletSet.attach(network, ranks(), SCALING, 0, 9);
                TripletScores scores = new TripletScores(beta1, beta2)) {
            assertArrayEquals(new double[7], scores.scores(triplets));
            List<Tensor> parameters = triplets.parameters();
            List<double[]> sensitivity = new ArrayList<>();
            List<double[]> uncertainty = new ArrayList<>();
            parameters.forEach(t -> {
                sensitivity.add(new double[(int) t.numel()]);
                uncertainty.add(new double[(int) t.numel()]);
            });
            for (int step = 0; step < 5; step++) {
                fill(triplets);
                for (int i = 0; i < parameters.size(); i++) {
                    Tensor gradient = AdapterFormTest.gaussian(
                            random.nextInt(), parameters.get(i).shape());
                    parameters.get(i).mutable_grad().put(gradient);
                    double[] w = Tensors.toDoubles(parameters.get(i));
                    double[] g = Tensors.toDoubles(gradient);
                    for (int j = 0; j < w.length; j++) {
                        double now = Math.abs(w[j] * g[j]);
                        double[] s = sensitivity.get(i);
                        double[] u = uncertainty.get(i);
                        s[j] = beta1 * s[j] + (1 - beta1) * now;
                        u[j] = beta2 * u[j] + (1 - beta2) * Math.abs(now - s[j]);
                    }
                }
                scores.observe(triplets);
            }
            double[] expected = new double[7];
            int first = 0;
            for (int i = 0; i + 1 < parameters.size(); i += 2) {
                int rank = (int) parameters.get(i).size(1);
                int out = (int) parameters.get(i).size(0);
                int columns = (int) parameters.get(i + 1).size(1);
                for (int k = 0; k < rank; k++) {
                    for (int o = 0; o < out; o++) {
                        int at = o * rank + k;
                        expected[first + k] +=
                                sensitivity.get(i)[at] * uncertainty.get(i)[at] / out;
                    }
                    for (int c = 0; c < columns; c++) {
                        int at = k * columns + c;
                        expected[first + k] +=
                                sensitivity.get(i + 1)[at] * uncertainty.get(i + 1)[at] / columns;
                    }
                    double[] s = sensitivity.get(sensitivity.size() - 1);
                    expected[first + k] += s[first + k] * uncertainty.get(uncertainty.size() - 1)[first + k];
                }
                first += rank;
            }
            double[] found = scores.scores(triplets);
            for (int k = 0; k < 7; k++) {
                assertEquals(expected[k], found[k], 1e-5 * expected[k]);
            }
        }
        assertEquals(kept, Tensors.kept());
    }
}
