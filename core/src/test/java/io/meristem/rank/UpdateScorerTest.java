package io.meristem.rank;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.adapter.LowRankChange.Factors;
import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import io.meristem.execute.Network;
import io.meristem.testing.TinyNetworks;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class UpdateScorerTest {

    @BeforeAll
    static void start() {
        Engine.start(1);
    }

    private static Factors random(Random random, int out, int columns, int rank, double size) {
        double[] b = random.doubles(out * rank, -size, size).toArray();
        double[] a = random.doubles(rank * columns, -1, 1).toArray();
        return new Factors(b, a, out, columns, rank);
    }

    private static ScoringContext subject(Network network, RankOptions options, Map<String, Factors> trained) {
        return new ScoringContext(
                network,
                network.weightedLayers(),
                Subjects.photos(2, 6, 16),
                options,
                1,
                trained.isEmpty() ? 0 : 1,
                trained);
    }

    /** Nothing trained, or nothing that does anything: as the control of equal ranks has it, with a budget and without. */
    @Test
    void equalRanksBeforeAnythingIsTrained() {
        try (Network network = TinyNetworks.normed().materialize(3)) {
            Map<String, Factors> zeros = Map.of("first", new Factors(new double[6], new double[27], 6, 27, 1));
            for (RankOptions options : List.of(RankOptions.DEFAULT, new RankOptions(0, 8, 0.0005, false))) {
                for (Map<String, Factors> trained : List.of(Map.<String, Factors>of(), zeros)) {
                    Allocation ours =
                            Allocation.of(subject(network, options, trained), UpdateScorer.DEFAULT, ScorerMemory.NONE);
                    Allocation equal =
                            Allocation.of(subject(network, options, Map.of()), new UniformScorer(), ScorerMemory.NONE);
                    assertEquals(equal.ranks(), ours.ranks());
                }
            }
        }
    }

    /**
     * The whole effect of a layer's update, {@code E ||sBA x||^2 / E ||W x||^2}, in plain loops over what enters the head.
     */
    @Test
    void effectsAreThoseOfTheUpdatesOnWhatEntersTheLayers() {
        long kept = Tensors.kept();
        Random random = new Random(8);
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard();
                Network network = TinyNetworks.normed().materialize(3)) {
            network.train(false);
            Map<String, Factors> trained = new LinkedHashMap<>();
            trained.put("first", random(random, 6, 27, 3, 0.1));
            trained.put("head", random(random, TinyNetworks.CLASSES, 6, 2, 0.1));
            ScoringContext subject = subject(network, new RankOptions(0, 8, 0, false), trained);
            long held = Tensors.kept();
            Scoring scoring = new UpdateScorer(0).score(subject, ScorerMemory.NONE);
            assertEquals(held, Tensors.kept());
            List<String> names = List.copyOf(network.weightedLayers().keySet());
            int head = names.indexOf("head");
            assertEquals(0, scoring.scores().get(names.indexOf("second")).importance(), "it has no update");

            double[][] inputs = headInputs(network, subject);
            double[] weight = Tensors.toDoubles(
                    network.weightedLayers().get("head").weight().value());
            Factors update = trained.get("head");
            double moved = 0;
            double whole = 0;
            for (double[] x : inputs) {
                for (int o = 0; o < TinyNetworks.CLASSES; o++) {
                    double y = 0;
                    double dy = 0;
                    for (int j = 0; j < 6; j++) {
                        y += weight[o * 6 + j] * x[j];
                        for (int k = 0; k < 2; k++) {
                            dy += update.b()[o * 2 + k] * update.a()[k * 6 + j] * x[j];
                        }
                    }
                    whole += y * y;
                    moved += dy * dy;
                }
            }
            double effect = scoring.scores().get(head).measures().get("effect");
            assertEquals(moved / whole, effect, 1e-4 * effect);
            assertTrue(scoring.ranks().get(head) <= 2 && scoring.ranks().get(names.indexOf("first")) <= 3);
            assertEquals(scoring.ranks(), scoring.own());
            assertEquals(
                    1,
                    IntStream.range(0, names.size())
                            .mapToDouble(i -> scoring.scores().get(i).importance())
                            .max()
                            .orElseThrow());

            // A budget is used up, whatever the update has to show.
            Allocation bounded = Allocation.of(
                    subject(network, new RankOptions(0, 8, 0.001, false), trained),
                    UpdateScorer.DEFAULT,
                    ScorerMemory.NONE);
            assertTrue(bounded.numbers() <= 0.001 * 262144 && bounded.numbers() > 0.001 * 262144 - 40);
        }
        assertEquals(kept, Tensors.kept());
    }

    private static double[][] headInputs(Network network, ScoringContext subject) {
        List<double[]> rows = new ArrayList<>();
        network.head().setObserver((layer, x, y) -> {
            double[] flat = Tensors.toDoubles(x);
            for (int i = 0; i < flat.length / 6; i++) {
                rows.add(Arrays.copyOfRange(flat, 6 * i, 6 * i + 6));
            }
        });
        subject.photos().forEachLabelled((images, labels) -> network.forward(images));
        network.head().setObserver(null);
        assertEquals(12, rows.size());
        return rows.toArray(new double[0][]);
    }

    @Test
    void onlyTheProductOfTheFactorsCounts() {
        Random random = new Random(9);
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard();
                Network network = TinyNetworks.normed().materialize(3)) {
            Factors one = random(random, 6, 27, 3, 0.1);
            double[] b = Arrays.stream(one.b()).map(v -> 8 * v).toArray();
            double[] a = Arrays.stream(one.a()).map(v -> v / 8).toArray();
            Scoring first = score(network, Map.of("first", one));
            Scoring second = score(network, Map.of("first", new Factors(b, a, 6, 27, 3)));
            assertEquals(
                    first.scores().get(0).measures().get("effect"),
                    second.scores().get(0).measures().get("effect"),
                    1e-9);
        }
    }

    private static Scoring score(Network network, Map<String, Factors> trained) {
        return UpdateScorer.DEFAULT.score(subject(network, RankOptions.DEFAULT, trained), ScorerMemory.NONE);
    }
}
