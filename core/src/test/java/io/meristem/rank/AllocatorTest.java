package io.meristem.rank;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.InputException;
import io.meristem.adapter.LayerSize;
import io.meristem.adapter.RankLimit;
import io.meristem.tune.HeadPolicy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AllocatorTest {

    private static final int TRIALS = 200;

    @ParameterizedTest
    @CsvSource({
        // importance, min, max, full rank, expected
        "0, 1, 16, 512, 1",
        "1, 1, 16, 512, 16",
        "0.4333, 1, 16, 512, 7", // 1 + 15 * 0.4333 = 7.4995
        "0.4334, 1, 16, 512, 8", // 7.501
        "1, 1, 16, 9, 9", // a 3x3 depthwise layer has nine columns
        "0.9, 1, 16, 9, 9",
        "0.2, 1, 16, 9, 4",
        "1.7, 1, 16, 512, 16",
        "0, 0, 16, 512, 0",
        "0.03, 0, 16, 512, 0",
        "0.032, 0, 16, 512, 1",
        "0, 12, 16, 9, 9", // the least rank cannot exceed the full one
        "0.5, 8, 8, 512, 8"
    })
    void ranksAreClampedAndRounded(double importance, int min, int max, int full, int expected) {
        assertEquals(expected, Allocator.rank(importance, min, max, full));
    }

    @Test
    void withoutABudgetEachLayerStandsAlone() {
        List<LayerSize> layers = List.of(new LayerSize("a", "conv", 64, 576), new LayerSize("b", "depthwise", 64, 9));
        assertArrayEquals(new int[] {9, 9}, Allocator.allocate(layers, new double[] {0.5, 1}, RankOptions.DEFAULT));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void isTheLargestThatFitsTheBudget(boolean costAware) {
        Random random = new Random(costAware ? 1 : 2);
        for (int trial = 0; trial < TRIALS; trial++) {
            List<LayerSize> layers = layers(random);
            double[] importances = importances(random, layers.size());
            int min = random.nextInt(3);
            int max = min + 1 + random.nextInt(20);
            long least = LayerSize.numbers(layers, constant(layers, min));
            long most = LayerSize.numbers(layers, constant(layers, max));
            double mib = LayerSize.mib(least + (long) ((most - least) * random.nextDouble() * 1.1) + 1);
            RankOptions options = new RankOptions(min, max, mib, costAware);
            int[] ranks = Allocator.allocate(layers, importances, options);
            long total = LayerSize.numbers(layers, ranks);
            assertTrue(LayerSize.mib(total) <= mib);
            for (int i = 0; i < ranks.length; i++) {
                int top = Math.min(max, layers.get(i).fullRank());
                assertTrue(ranks[i] >= Math.min(min, top) && ranks[i] <= top);
            }
            assertEquals(bestTotal(layers, importances, options), total, "trial " + trial);
        }
    }

    /** The largest total within the budget, over every factor at which any rank steps, tried one by one. */
    private static long bestTotal(List<LayerSize> layers, double[] importances, RankOptions options) {
        double[] signal = new double[importances.length];
        TreeSet<Double> factors = new TreeSet<>();
        factors.add(0.0);
        for (int i = 0; i < signal.length; i++) {
            signal[i] = options.costAware() ? importances[i] / layers.get(i).perRank() : importances[i];
            for (int r = options.min(); r < options.max() && signal[i] > 0; r++) {
                double step = (r + 0.5 - options.min()) / (options.max() - options.min()) / signal[i];
                factors.add(step * (1 + 1e-12));
            }
        }
        long best = -1;
        for (double factor : factors) {
            int[] ranks = new int[signal.length];
            for (int i = 0; i < ranks.length; i++) {
                ranks[i] = Allocator.rank(
                        Math.min(1, factor * signal[i]),
                        options.min(),
                        options.max(),
                        layers.get(i).fullRank());
            }
            long total = LayerSize.numbers(layers, ranks);
            if (LayerSize.mib(total) <= options.budgetMib()) {
                best = Math.max(best, total);
            }
        }
        return best;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void moreBudgetNeverTakesRankAway(boolean costAware) {
        Random random = new Random(3);
        List<LayerSize> layers = layers(random);
        double[] importances = importances(random, layers.size());
        double most = LayerSize.mib(LayerSize.numbers(layers, constant(layers, 16)));
        int[] before = new int[layers.size()];
        for (int step = 1; step <= 50; step++) {
            int[] ranks = Allocator.allocate(layers, importances, new RankOptions(0, 16, most * step / 45, costAware));
            for (int i = 0; i < ranks.length; i++) {
                assertTrue(ranks[i] >= before[i], "layer " + i + " at step " + step);
            }
            before = ranks;
        }
        for (int i = 0; i < before.length; i++) {
            int top = Math.min(16, layers.get(i).fullRank());
            assertEquals(importances[i] > 0 ? top : 0, before[i], "all that is wanted fits");
        }
    }

    @Test
    void moreImportanceNeverMeansLessRankAtEqualSize() {
        List<LayerSize> layers = new ArrayList<>();
        double[] importances = new double[10];
        for (int i = 0; i < 10; i++) {
            layers.add(new LayerSize("l" + i, "conv", 64, 576));
            importances[i] = 0.05 * (i + 1);
        }
        int[] ranks = Allocator.allocate(layers, importances, new RankOptions(1, 16, 0.15, false));
        for (int i = 1; i < 10; i++) {
            assertTrue(ranks[i] >= ranks[i - 1]);
        }
        assertTrue(ranks[9] > ranks[0]);
    }

    @Test
    void costAwareGivesTheCheapLayerMore() {
        List<LayerSize> layers =
                List.of(new LayerSize("early", "conv", 32, 64), new LayerSize("late", "conv", 1024, 2048));
        double[] equal = {0.5, 0.5};
        int[] plain = Allocator.allocate(layers, equal, new RankOptions(1, 16, 0.06, false));
        int[] aware = Allocator.allocate(layers, equal, new RankOptions(1, 16, 0.06, true));
        // Equal importances step together, but for the last step that fits.
        assertArrayEquals(new int[] {5, 4}, plain);
        assertTrue(aware[0] > plain[0] && aware[1] <= plain[1]);
    }

    /** Steps that come together are granted one by one, from the input on, and so use the budget up. */
    @Test
    void equalImportancesUseTheBudgetUp() {
        List<LayerSize> layers = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            layers.add(new LayerSize("l" + i, "conv", 50, 50));
        }
        double[] equal = new double[10];
        Arrays.fill(equal, 0.3);
        for (int granted = 0; granted <= 160; granted++) {
            RankOptions options = new RankOptions(0, 16, LayerSize.mib(100L * granted + 99), false);
            int[] ranks = Allocator.allocate(layers, equal, options);
            for (int i = 0; i < 10; i++) {
                assertEquals(granted / 10 + (i < granted % 10 ? 1 : 0), ranks[i], granted + " ranks, layer " + i);
            }
            assertEquals(
                    granted == 160,
                    Allocator.unused(layers, equal, options, ranks).isPresent());
        }
    }

    /** A layer that looks almost unchanged must not spoil the search for the others. */
    @ParameterizedTest
    @ValueSource(doubles = {1e-9, 1e-16, 1e-30, 1e-300, Double.MIN_VALUE})
    void tinyImportancesDoNotSpoilTheSearch(double tiny) {
        List<LayerSize> layers = List.of(
                new LayerSize("a", "conv", 100, 100),
                new LayerSize("b", "conv", 100, 100),
                new LayerSize("c", "conv", 100, 100));
        int[] ranks = Allocator.allocate(
                layers, new double[] {0.6, 0.3, tiny}, new RankOptions(0, 16, LayerSize.mib(200 * 15), false));
        assertArrayEquals(new int[] {10, 5, 0}, ranks);
    }

    @Test
    void nothingToShareOutGivesTheLeastRanks() {
        List<LayerSize> layers = List.of(new LayerSize("a", "conv", 100, 100), new LayerSize("b", "conv", 10, 9));
        assertArrayEquals(
                new int[] {2, 2}, Allocator.allocate(layers, new double[2], new RankOptions(2, 16, 1, false)));
        assertArrayEquals(new int[] {0, 0}, Allocator.allocate(layers, new double[2], new RankOptions(0, 16, 1, true)));
    }

    @Test
    void refusesImportancesThatAreNotNumbers() {
        List<LayerSize> layers = List.of(new LayerSize("stem", "conv", 8, 27));
        InputException error = assertThrows(
                InputException.class, () -> Allocator.allocate(layers, new double[] {Double.NaN}, RankOptions.DEFAULT));
        assertTrue(error.getMessage().contains("stem"), error.getMessage());
    }

    @Test
    void saysWhenTheBudgetIsTooSmall() {
        List<LayerSize> layers = List.of(new LayerSize("a", "conv", 1000, 1000));
        InputException error = assertThrows(
                InputException.class,
                () -> Allocator.allocate(layers, new double[] {1}, new RankOptions(2, 4, 0.01, false)));
        assertTrue(error.getMessage().contains("0.010 MiB"), error.getMessage());
        assertTrue(error.getMessage().contains("0.015 MiB"), error.getMessage());
        assertTrue(error.getMessage().contains("rank 2"), error.getMessage());
        assertTrue(error.getMessage().contains("least rank 0"), error.getMessage());
        assertArrayEquals(
                new int[] {0}, Allocator.allocate(layers, new double[] {1}, new RankOptions(0, 4, 0.001, false)));
    }

    @Test
    void optionsAreChecked() {
        assertThrows(InputException.class, () -> new RankOptions(-1, 4, 0, false));
        assertThrows(InputException.class, () -> new RankOptions(5, 4, 0, false));
        assertThrows(InputException.class, () -> new RankOptions(0, 0, 0, false));
        assertThrows(InputException.class, () -> new RankOptions(0, 4, -1, false));
        assertThrows(InputException.class, () -> new RankOptions(0, 4, Double.NaN, false));
        assertThrows(InputException.class, () -> new RankOptions(0, 4, 0, true));
    }

    private static List<LayerSize> layers(Random random) {
        List<LayerSize> layers = new ArrayList<>();
        int count = 1 + random.nextInt(40);
        for (int i = 0; i < count; i++) {
            boolean depthwise = random.nextInt(3) == 0;
            layers.add(
                    new LayerSize("l" + i, "conv", 8 + random.nextInt(500), depthwise ? 9 : 16 + random.nextInt(2000)));
        }
        return layers;
    }

    private static double[] importances(Random random, int n) {
        double[] values = new double[n];
        for (int i = 0; i < n; i++) {
            values[i] = random.nextInt(10) == 0 ? 0 : 0.02 + 0.98 * random.nextDouble();
        }
        return values;
    }

    private static int[] constant(List<LayerSize> layers, int rank) {
        return layers.stream().mapToInt(l -> Math.min(rank, l.fullRank())).toArray();
    }

    /** Two per cent of MobileNetV2 without its head: 2,223,872 numbers. */
    @Test
    void aBudgetMayBeAShareOfTheNetwork() {
        RankOptions share = new RankOptions(0, 16, 0, true, 2.0, null);
        assertTrue(share.bounded());
        try (io.meristem.execute.Network network =
                new io.meristem.execute.Network(io.meristem.zoo.Models.find("mobilenet_v2"), 7)) {
            assertEquals(2_223_872, RankOptions.withoutHead(network));
            List<LayerSize> layers = LayerSize.of(HeadPolicy.TRAINED.adapted(network));
            RankOptions there = share.on(network, layers);
            assertEquals(44_477, there.budgetNumbers());
            assertEquals(new RankOptions(0, 16, there.budgetMib(), true), there);
            RankOptions four = RankOptions.likeRank(4).on(network, layers);
            assertEquals(LayerSize.numbers(layers, 4, RankLimit.LAYER), four.budgetNumbers());
            assertEquals(0, four.min());
        }
        RankOptions none = new RankOptions(1, 4, 0, false);
        assertEquals(none, none.on(1000, List.of()));
        for (double percent : new double[] {0, -1, 200, 100.1, Double.NaN}) {
            String message = assertThrows(InputException.class, () -> new RankOptions(0, 16, 0, false, percent, null))
                    .getMessage();
            assertTrue(message.contains("more than 0 and at most 100 %"), message);
        }
        assertThrows(InputException.class, () -> new RankOptions(0, 16, 0.1, false, 2.0, null));
        assertThrows(InputException.class, () -> RankOptions.likeRank(0));
        String twice = assertThrows(InputException.class, () -> new RankOptions(0, 16, 0, false, 2.0, 4))
                .getMessage();
        assertTrue(twice.contains("as 2 % and as the size of rank 4"), twice);
    }
}
