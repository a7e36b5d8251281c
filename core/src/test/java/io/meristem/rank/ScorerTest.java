package io.meristem.rank;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.InputException;
import io.meristem.adapter.LayerSize;
import io.meristem.engine.Tensors;
import io.meristem.execute.LabelledFeed;
import io.meristem.execute.Network;
import io.meristem.op.Conv2d;
import io.meristem.op.WeightedLayer;
import io.meristem.testing.TinyNetworks;
import io.meristem.zoo.Models;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What all scorers keep to, and those whose formula is one line. */
class ScorerTest {

    private static final LabelledFeed NO_PHOTOS = consumer -> {
        throw new AssertionError("this scorer needs no photos");
    };

    static List<Scorer> all() {
        return Scorer.all();
    }

    /** A scorer is one record and one place in the list: its names and words come from it. */
    @Test
    void eachScorerHasANameAndWordsForIt() {
        assertEquals(
                Arrays.asList(Scorer.class.getPermittedSubclasses()),
                all().stream().map(Object::getClass).toList());
        for (Scorer scorer : all()) {
            assertEquals(Optional.of(scorer), Scorer.named(scorer.label()));
            assertEquals(scorer.label().toLowerCase(Locale.ROOT), scorer.label());
            assertFalse(scorer.about().isBlank() || scorer.about().endsWith("."), scorer.about());
        }
        assertEquals(Optional.empty(), Scorer.named("magic"));
    }

    @ParameterizedTest
    @MethodSource("all")
    void importancesAreSharesAndTheNetworkStaysAsItWas(Scorer scorer) {
        LabelledFeed photos = Subjects.photos(2, 6, 16);
        long before = Tensors.kept();
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard();
                Network network = TinyNetworks.normed().materialize(3)) {
            network.train(false);
            network.head().weight().value().requires_grad_(true); // as when the head trains in full
            Tensor x = torch.ones(2, 3, 16, 16);
            float[] logits = Tensors.toFloats(network.forward(x));
            Map<String, float[]> values = values(network);
            ScoringContext subject = Subjects.of(network, photos);
            long held = Tensors.kept();

            Scoring first = scorer.score(subject, ScorerMemory.NONE);
            assertEquals(first, scorer.score(subject, first.memory()));
            assertEquals(held, Tensors.kept());

            assertEquals(3, first.scores().size());
            for (Scoring.Score score : first.scores()) {
                assertTrue(score.importance() >= 0 && score.importance() <= 1, score.toString());
                assertEquals(
                        first.scores().get(0).measures().keySet(),
                        score.measures().keySet());
            }
            values(network).forEach((name, now) -> assertArrayEquals(values.get(name), now, name));
            assertArrayEquals(logits, Tensors.toFloats(network.forward(x)));
            network.params().forEach((name, param) -> {
                assertEquals(name.equals("head.weight"), param.trains(), name);
                assertFalse(param.value().grad().defined(), name + " has a gradient left");
            });
            network.weightedLayers().forEach((name, layer) -> assertEquals(null, layer.runningScale(), name));
        }
        assertEquals(before, Tensors.kept());
    }

    private static Map<String, float[]> values(Network network) {
        Map<String, float[]> values = new LinkedHashMap<>();
        network.params().forEach((name, param) -> values.put(name, Tensors.toFloats(param.value())));
        return values;
    }

    /** Whatever the scorer, the same budget gives the same size, up to one rank of one layer. */
    @ParameterizedTest
    @MethodSource("all")
    void allReachTheSameSizeUnderABudget(Scorer scorer) {
        try (PointerScope scope = new PointerScope();
                Network network = new Network(Models.find("mobilenet_v2_035"), 3).materialize(2)) {
            LabelledFeed photos = Subjects.photos(2, 6, 32);
            for (int min : new int[] {0, 1}) {
                for (boolean costAware : new boolean[] {false, true}) {
                    for (double mib : new double[] {0.1, 0.17}) {
                        RankOptions options = new RankOptions(min, 16, mib, costAware);
                        ScoringContext subject = Subjects.of(network, photos, options, 5, 0);
                        Allocation allocation = Allocation.of(subject, scorer, ScorerMemory.NONE);
                        long budget = options.budgetNumbers();
                        int step = subject.sizes().stream()
                                .mapToInt(LayerSize::perRank)
                                .max()
                                .orElseThrow();
                        String what = options + ": " + allocation.numbers() + " of " + budget;
                        assertTrue(allocation.numbers() <= budget, what);
                        assertTrue(allocation.numbers() > budget - step, what);
                        assertTrue(allocation.note().isEmpty(), what);
                    }
                }
            }
        }
    }

    @Test
    void aBudgetThatNothingCanUseUpIsSaid() {
        try (PointerScope scope = new PointerScope();
                Network network = new Network(Models.find("mobilenet_v2_035"), 3).materialize(2)) {
            RankOptions options = new RankOptions(0, 4, 50, false);
            ScoringContext subject = Subjects.of(network, NO_PHOTOS, options, 5, 0);
            Allocation allocation = Allocation.of(subject, new UniformScorer(), ScorerMemory.NONE);
            allocation
                    .rows()
                    .forEach(row -> assertEquals(
                            Math.min(4, row.layer().fullRank()),
                            row.rank(),
                            row.layer().name()));
            String note = allocation.note().orElseThrow().text();
            assertTrue(note.contains("50.000 MiB is not used up") && note.contains("Raise the greatest rank"), note);
        }
    }

    @Test
    void uniformIsTheSameForAllAndLooksAtNothing() {
        try (Network network = TinyNetworks.mixed().materialize(1)) {
            Scoring scoring = new UniformScorer().score(Subjects.of(network, NO_PHOTOS), ScorerMemory.NONE);
            assertArrayEquals(new double[] {1, 1, 1, 1, 1, 1}, Subjects.importances(scoring));
        }
    }

    /** With equal importances and costs counted in, layers get equal numbers. */
    @Test
    void uniformAndCostAwareIsEqualNumbers() {
        List<LayerSize> layers = List.of(
                new LayerSize("a", "conv", 20, 20),
                new LayerSize("b", "conv", 40, 80),
                new LayerSize("c", "conv", 80, 160));
        double[] equal = {1, 1, 1};
        int[] ranks = Allocator.allocate(layers, equal, new RankOptions(0, 16, LayerSize.mib(3 * 480), true));
        assertArrayEquals(new int[] {12, 4, 2}, ranks);
    }

    @Test
    void randomFollowsSeedRoundAndName() {
        try (Network network = TinyNetworks.mixed().materialize(1)) {
            double[] one = draw(network, 7, 0);
            assertArrayEquals(one, draw(network, 7, 0));
            double[][] others = {draw(network, 8, 0), draw(network, 7, 1)};
            for (double[] other : others) {
                for (int i = 0; i < one.length; i++) {
                    assertNotEquals(one[i], other[i]);
                }
            }
            assertEquals(one.length, Arrays.stream(one).distinct().count());
            double mean = 0;
            for (int seed = 0; seed < 1000; seed++) {
                mean += Arrays.stream(draw(network, seed, 0)).average().orElseThrow() / 1000;
            }
            assertEquals(0.5, mean, 0.02); // six standard errors of 6000 draws
        }
    }

    private static double[] draw(Network network, long seed, int round) {
        ScoringContext subject = Subjects.of(network, NO_PHOTOS, RankOptions.DEFAULT, seed, round);
        return Subjects.importances(new RandomScorer().score(subject, ScorerMemory.NONE));
    }

    @Test
    void stableRankEqualsThePlainSpectrum() {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard();
                Network network = TinyNetworks.mixed().materialize(4)) {
            WeightedLayer zeros = network.weightedLayers().get("mixer");
            zeros.weight().set(zeros.weight().value().mul(new Scalar(0.0)));
            Scoring scoring = new StableRankScorer().score(Subjects.of(network, NO_PHOTOS), ScorerMemory.NONE);
            int at = 0;
            for (WeightedLayer layer : network.weightedLayers().values()) {
                double expected = layer == zeros ? 0 : stableRank(layer);
                Scoring.Score score = scoring.scores().get(at++);
                assertEquals(expected, score.measures().get("stable_rank"), 1e-9);
                assertEquals(expected / Math.min(layer.outFeatures(), layer.columns()), score.importance(), 1e-9);
            }
        }
    }

    private static double stableRank(WeightedLayer layer) {
        double[] flat = Tensors.toDoubles(layer.weight().value());
        double[][] w = new double[layer.outFeatures()][layer.columns()];
        double squares = 0;
        for (int i = 0; i < flat.length; i++) {
            w[i / layer.columns()][i % layer.columns()] = flat[i];
            squares += flat[i] * flat[i];
        }
        return squares / Jacobi.eigenvalues(Reference.gram(w))[0];
    }

    @Test
    void stableRankOfKnownMatrices() {
        try (PointerScope scope = new PointerScope();
                Network network = TinyNetworks.mixed().materialize(4)) {
            WeightedLayer mixer = network.weightedLayers().get("mixer"); // (6, 8)
            mixer.weight().set(torch.eye(6, 8));
            assertEquals(6, StableRankScorer.stableRank(mixer), 1e-12);
            mixer.weight().set(torch.ones(6, 8));
            assertEquals(1, StableRankScorer.stableRank(mixer), 1e-12);
        }
    }

    @Test
    void shapeIsOutputsOverInputs() {
        try (PointerScope scope = new PointerScope();
                Network network = TinyNetworks.mixed().materialize(4)) {
            Scoring scoring = new ShapeScorer().score(Subjects.of(network, NO_PHOTOS), ScorerMemory.NONE);
            double greatest = 0;
            int at = 0;
            for (WeightedLayer layer : network.weightedLayers().values()) {
                // Inputs of a grouped convolution: columns of one group, times groups.
                int groups = layer.op() instanceof Conv2d conv ? conv.groups() : 1;
                double expected = layer.outFeatures() / (double) (layer.columns() * groups);
                assertEquals(
                        expected, scoring.scores().get(at++).measures().get("outputs_per_input"), 1e-12, layer.name());
                greatest = Math.max(greatest, expected);
            }
            double most = greatest;
            scoring.scores()
                    .forEach(score ->
                            assertEquals(score.measures().get("outputs_per_input") / most, score.importance(), 1e-12));
            assertTrue(network.weightedLayers().values().stream().anyMatch(WeightedLayer::isGrouped));
        }
    }

    @Test
    void normalisedCkaStretchesByTheFirstRange() {
        NormalisedCkaScorer scorer = new NormalisedCkaScorer(new Importance(0.25, 0.75, 1, 0));
        List<Similarity> first =
                List.of(new Similarity(0.8, 0.9, 0), new Similarity(0.9, 0.7, 0), new Similarity(1, 0.8, 0));
        Scoring scoring = scorer.score(first, ScorerMemory.NONE);
        // S_raw from 0.8 to 1, C = 1 - S_deb from 0.1 to 0.3.
        assertArrayEquals(new double[] {0, 0.25 * 0.5 + 0.75, 0.25 + 0.75 * 0.5}, Subjects.importances(scoring), 1e-12);
        ScorerMemory.Range raw = scoring.memory().ranges().get("cka_raw");
        assertEquals(new ScorerMemory.Range(0.8, 1), raw);

        List<Similarity> later =
                List.of(new Similarity(0.85, 0.85, 0), new Similarity(0.5, 0.99, 0), new Similarity(0.95, 0.2, 0));
        Scoring again = scorer.score(later, scoring.memory());
        assertEquals(scoring.memory(), again.memory());
        assertArrayEquals(
                new double[] {0.25 * 0.25 + 0.75 * 0.25, 0, 0.25 * 0.75 + 0.75}, Subjects.importances(again), 1e-12);
        assertEquals(0.25, again.scores().get(0).measures().get("raw_place"), 1e-12);
    }

    @Test
    void aRangeOfOneValueSaysNothing() {
        NormalisedCkaScorer scorer = new NormalisedCkaScorer(Importance.DEFAULT);
        Scoring scoring = scorer.score(List.of(new Similarity(0.9, 0.9, 0.1)), ScorerMemory.NONE);
        assertArrayEquals(new double[] {0.5}, Subjects.importances(scoring), 1e-12);
        Scoring later = scorer.score(List.of(new Similarity(0.8, 0.8, 0.1)), scoring.memory());
        assertArrayEquals(new double[] {0.85}, Subjects.importances(later), 1e-12);
    }

    /** The study's scorer is what it was: importance of the similarity that the probe measures. */
    @Test
    void ckaIsTheImportanceOfTheMeasuredSimilarity() {
        try (PointerScope scope = new PointerScope();
                Network network = TinyNetworks.mixed().materialize(3)) {
            LabelledFeed photos = Subjects.photos(2, 6, 16);
            Map<String, Similarity> measured = GramProbe.measure(network, photos);
            Scoring scoring = CkaScorer.DEFAULT.score(Subjects.of(network, photos), ScorerMemory.NONE);
            int at = 0;
            for (String name : network.weightedLayers().keySet()) {
                assertEquals(
                        Importance.DEFAULT.of(measured.get(name)),
                        scoring.scores().get(at++).importance(),
                        name);
            }
            assertEquals(
                    List.of("cka_raw", "cka_debiased", "spread", "correction"),
                    List.copyOf(scoring.scores().get(0).measures().keySet()));
        }
    }

    @Test
    void aBudgetBelowTheLeastRanksIsRefusedWithEveryScorer() {
        try (PointerScope scope = new PointerScope();
                Network network = TinyNetworks.mixed().materialize(3)) {
            LabelledFeed photos = Subjects.photos(1, 6, 16);
            for (Scorer scorer : all()) {
                ScoringContext subject = Subjects.of(network, photos, new RankOptions(1, 4, 1e-5, false), 1, 0);
                Executable allocate = () -> Allocation.of(subject, scorer, ScorerMemory.NONE);
                org.junit.jupiter.api.Assertions.assertThrows(InputException.class, allocate, scorer.label());
            }
        }
    }
}
