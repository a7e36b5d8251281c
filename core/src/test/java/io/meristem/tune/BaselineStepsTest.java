package io.meristem.tune;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.InputException;
import io.meristem.adapter.AdapterOptions;
import io.meristem.adapter.LowRankAdapter;
import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import io.meristem.execute.Network;
import io.meristem.testing.TinyNetworks;
import io.meristem.testing.TinyRuns;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** AdaLoRA and DyLoRA step by step, on a network with every kind of layer. */
class BaselineStepsTest {

    private static final int SIZE = 10;
    private static final int BATCH = 4;

    private static final Optimization SGD = Optimization.plain(1e-2).withKind(Optimization.Kind.SGD);

    @BeforeAll
    static void start() {
        Engine.start(1);
    }

    /** Trains some steps; {@code each} sees the method after each. */
    private static void train(Method method, Optimization optimization, int steps, Consumer<MethodState> each) {
        long kept = Tensors.kept();
        TrainConfig config = TrainConfig.builder(method, 1, BATCH, 5, optimization)
                .head(HeadPolicy.ADAPTED)
                .build();
        Stepper.StepSettings setting = new Stepper.StepSettings(null, BATCH, steps, SIZE, null, TrainListener.NONE);
        try (PointerScope scope = new PointerScope();
                Network network = TinyNetworks.mixed().materialize(1);
                Stepper stepper = new Stepper(network, config, setting)) {
            Engine.seed(2);
            stepper.train(true);
            for (int step = 0; step < steps; step++) {
                try (PointerScope inner = new PointerScope()) {
                    stepper.step(torch.randn(BATCH, 3, SIZE, SIZE), Tensors.of(new long[] {0, 1, 2, 0}), 1);
                }
                each.accept(stepper.method());
            }
        }
        assertEquals(kept, Tensors.kept());
    }

    private static Map<String, float[]> factors(MethodState state) {
        Map<String, float[]> values = new LinkedHashMap<>();
        state.adapters().adapters().forEach((name, adapter) -> {
            values.put(name + " A", Tensors.toFloats(adapter.a()));
            values.put(name + " B", Tensors.toFloats(adapter.b()));
        });
        return values;
    }

    /** Places along the rank at which two states of a layer's A or B differ. */
    private static Set<Integer> moved(float[] before, float[] after, int rank, boolean ofA) {
        Set<Integer> places = new TreeSet<>();
        for (int i = 0; i < before.length; i++) {
            if (before[i] != after[i]) {
                places.add(ofA ? i / (before.length / rank) : i % rank);
            }
        }
        return places;
    }

    @Test
    void aFrozenStepMovesOnlyTheLastRowAndColumn() {
        int most = 5;
        DyLora method = new DyLora(2, most, true, List.of(), AdapterOptions.DEFAULT);
        List<Map<String, float[]>> states = new ArrayList<>();
        Set<Integer> drawn = new TreeSet<>();
        Set<Integer> movedA = new TreeSet<>();
        train(method, SGD, 30, state -> {
            Map<String, float[]> now = factors(state);
            if (!states.isEmpty()) {
                Map<String, float[]> before = states.get(states.size() - 1);
                Map<String, LowRankAdapter> adapters = state.adapters().adapters();
                Set<Integer> inWide = moved(before.get("point B"), now.get("point B"), most, false);
                assertEquals(1, inWide.size());
                int last = inWide.iterator().next();
                drawn.add(last + 1);
                adapters.forEach((name, adapter) -> {
                    int rank = adapter.rank();
                    Set<Integer> expected = Set.of(Math.min(last, rank - 1));
                    // A's row stays as long as its column of B is still zero, and moves from then on.
                    Set<Integer> ofA = moved(before.get(name + " A"), now.get(name + " A"), rank, true);
                    assertTrue(expected.containsAll(ofA), name);
                    movedA.addAll(ofA);
                    assertEquals(expected, moved(before.get(name + " B"), now.get(name + " B"), rank, false), name);
                });
                // Classes bound the head's full rank.
                assertEquals(3, adapters.get("head").rank());
            }
            states.add(now);
        });
        assertEquals(Set.of(2, 3, 4, 5), drawn);
        assertTrue(movedA.containsAll(Set.of(1, 2, 3, 4)), movedA.toString());
    }

    @Test
    void aStepMovesTheFirstRowsAndColumnsAndLeavesTheGreatestRankInForce() {
        DyLora method = new DyLora(1, 4, false, List.of(), new AdapterOptions(8, false, 0));
        List<Map<String, float[]>> states = new ArrayList<>();
        Set<Integer> drawn = new TreeSet<>();
        train(method, SGD, 30, state -> {
            Map<String, float[]> now = factors(state);
            LowRankAdapter point = state.adapters().adapters().get("point");
            assertEquals(4, point.active());
            assertEquals(2, point.scaling());
            if (!states.isEmpty()) {
                float[] before = states.get(states.size() - 1).get("point B");
                Set<Integer> places = moved(before, now.get("point B"), 4, false);
                Set<Integer> first = new HashSet<>();
                for (int i = 0; i < places.size(); i++) {
                    first.add(i);
                }
                assertEquals(first, places);
                drawn.add(places.size());
            }
            states.add(now);
        });
        assertEquals(Set.of(1, 2, 3, 4), drawn);
    }

    @Test
    void hundredsOfStepsKeepNoTensors() {
        List<Long> counts = new ArrayList<>();
        Optimization adam = Optimization.plain(1e-3);
        AdapterOptions dropout = new AdapterOptions(0, false, 0.1);
        train(new DyLora(1, 4, false, List.of(), dropout), adam, 300, state -> counts.add(Tensors.kept()));
        assertEquals(1, counts.stream().distinct().count());
        counts.clear();
        AdaLora pruning =
                AdaLora.of(4, 2, 0).withShares(0.1, 0.4).withInterval(3).with(dropout);
        train(pruning, adam, 300, state -> counts.add(Tensors.kept()));
        assertEquals(1, counts.subList(0, 179).stream().distinct().count());
        assertEquals(1, counts.subList(179, 300).stream().distinct().count());
        assertTrue(counts.get(299) < counts.get(0));
    }

    @Test
    void thePenaltyDrawsFactorsTowardsOrthonormalOnes() {
        double[] distance = new double[2];
        for (int i = 0; i < 2; i++) {
            int which = i;
            AdaLora method = AdaLora.of(2, 2, 0)
                    .withShares(0, 0)
                    .withOrthogonality(i == 0 ? 0 : 50)
                    .with(AdapterOptions.DEFAULT);
            train(method, Optimization.plain(1e-2), 200, state -> {
                try (PointerScope scope = new PointerScope()) {
                    Tensor p = state.adapters().adapters().get("stem").b().detach();
                    distance[which] = p.t().matmul(p).sub(torch.eye(2)).norm().item_double();
                }
            });
        }
        assertTrue(distance[0] > 0.5, "without penalty " + distance[0]);
        assertTrue(distance[1] < 0.1, "with penalty " + distance[1]);
    }

    @Test
    void aTrainingOfOneStepPrunesToo() {
        train(TinyRuns.adaLora(4, 2, 0), Optimization.plain(1e-3), 1, state -> {
            assertTrue(state.settled());
            assertEquals(state.allocated(), state.numbers());
            int sum = state.adapters().adapters().values().stream()
                    .mapToInt(LowRankAdapter::rank)
                    .sum();
            assertEquals(2 * 6, sum);
        });
    }

    @Test
    void sizesFallWithTheSchedule() {
        List<Long> sizes = new ArrayList<>();
        AdaLora method =
                AdaLora.of(4, 0, 0.0012).withShares(0.2, 0.2).withInterval(1).with(AdapterOptions.DEFAULT);
        train(method, Optimization.plain(1e-3), 20, state -> sizes.add(state.numbers()));
        assertEquals(1, sizes.subList(0, 4).stream().distinct().count());
        assertTrue(sizes.get(4) < sizes.get(3));
        assertEquals(1, sizes.subList(15, 20).stream().distinct().count());
        assertTrue(sizes.get(19) <= 0.0012 * (1 << 18));
        assertNotEquals(sizes.get(14), sizes.get(8));
    }

    @Test
    void settingsWithoutSenseAreRefused() {
        AdapterOptions plain = AdapterOptions.DEFAULT;
        List<Runnable> nonsense = List.of(
                () -> AdaLora.of(0, 0, 1),
                () -> AdaLora.of(4, 5, 0),
                () -> AdaLora.of(4, 0, 0),
                () -> AdaLora.of(4, 2, 1),
                () -> AdaLora.of(4, -1, 1),
                () -> AdaLora.of(4, 0, -1),
                () -> AdaLora.of(4, 0, Double.NaN),
                () -> AdaLora.of(4, 2, 0)
                        .withShares(0.5, 0.5)
                        .withInterval(1)
                        .withBetas(0.8, 0.8)
                        .with(plain),
                () -> AdaLora.of(4, 2, 0)
                        .withShares(-0.1, 0.5)
                        .withInterval(1)
                        .withBetas(0.8, 0.8)
                        .with(plain),
                () -> AdaLora.of(4, 2, 0)
                        .withShares(0.1, 0.5)
                        .withInterval(0)
                        .withBetas(0.8, 0.8)
                        .with(plain),
                () -> AdaLora.of(4, 2, 0)
                        .withShares(0.1, 0.5)
                        .withInterval(1)
                        .withBetas(1, 0.8)
                        .with(plain),
                () -> AdaLora.of(4, 2, 0)
                        .withShares(0.1, 0.5)
                        .withInterval(1)
                        .withBetas(0.8, 0)
                        .with(plain),
                () -> AdaLora.of(4, 2, 0)
                        .withShares(0.1, 0.5)
                        .withInterval(1)
                        .withBetas(0.8, 0.8)
                        .withOrthogonality(-1)
                        .with(plain),
                () -> new DyLora(0, 4, false, List.of(), plain),
                () -> new DyLora(5, 4, false, List.of(), plain),
                () -> new DyLora(2, 4, false, List.of(1), plain),
                () -> new DyLora(2, 4, false, List.of(4, 5), plain));
        nonsense.forEach(settings -> assertThrows(InputException.class, settings::run));
    }

    @Test
    void scalesAreAlphaOverTheRankInForce() {
        DyLora usual = new DyLora(1, 16, false, List.of(), AdapterOptions.PAPER);
        double[] expected = {16, 2, 1};
        int[] ranks = {1, 8, 16};
        assertTrue(Arrays.equals(
                expected, Arrays.stream(ranks).mapToDouble(usual::scaling).toArray()));
        DyLora rooted = new DyLora(1, 16, false, List.of(), new AdapterOptions(6, true, 0));
        assertEquals(2, rooted.scaling(9));
    }
}
