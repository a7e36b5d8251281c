package io.meristem.tune;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.InputException;
import io.meristem.adapter.AdapterOptions;
import io.meristem.adapter.AdapterSet;
import io.meristem.adapter.Inherited;
import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import io.meristem.execute.Network;
import io.meristem.testing.TinyNetworks;
import io.meristem.tune.Updates.Kind;
import io.meristem.tune.Updates.When;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** When updates come, and what the optimiser keeps. Whole trainings with them: RankUpdatesTest. */
class UpdatesTest {

    @BeforeAll
    static void start() {
        Engine.start(1);
    }

    private static Updates once(double at) {
        return new Updates(Kind.CARRY, When.ONCE, at, 1);
    }

    @Test
    void firstAndLastEpochs() {
        Updates source = Updates.MERGING;
        assertEquals(6, source.first(5, 40));
        assertEquals(39, source.last(40, 10));
        Updates settled = new Updates(Kind.CARRY, When.SETTLED);
        assertEquals(7, settled.first(5, 20));
        assertEquals(12, settled.last(20, 10));
        assertEquals(6, settled.last(10, 10), "0.6 x 10 is 6, whatever its floating point says");
        assertEquals(8, once(0.4).first(5, 20));
        assertEquals(1, once(0.01).first(5, 20));
        assertEquals(19, once(0.99).first(5, 20));
        assertTrue(once(0.4).first(5, 1) > once(0.4).last(1, 10));
        Updates warm = new Updates(Kind.WARM, When.FALLING);
        assertEquals(15, warm.last(20, 20), "100 steps are left");
        assertEquals(14, warm.last(20, 19));
        assertEquals(19, warm.last(20, 100));
        assertTrue(warm.last(4, 10) < 0);
        assertEquals(List.of(50, 50, 70), List.of(warm.warmSteps(10), warm.warmSteps(50), warm.warmSteps(70)));
        assertEquals(0, source.warmSteps(70));
        assertEquals(2, warm.most());
        assertEquals(1, once(0.4).most());
        assertTrue(source.most() > 1000);
        assertEquals(0.6, settled.heldShare());
        assertEquals(0, source.heldShare());
    }

    @Test
    void labelsTellThemApart() {
        assertEquals("", Updates.MERGING.suffix());
        assertEquals(" fixed", Updates.NONE.suffix());
        assertEquals(" carry-plain", new Updates(Kind.CARRY_PLAIN, When.FALLING).suffix());
        assertEquals(" merge settled", new Updates(Kind.MERGE, When.SETTLED).suffix());
        assertEquals(" carry once", once(0.4).suffix());
        assertEquals(" warm once at 0.3 from 1.5x", new Updates(Kind.WARM, When.ONCE, 0.3, 1.5).suffix());
    }

    private static void refused(String word, Kind way, When when, Double at, double startSize) {
        InputException error = assertThrows(InputException.class, () -> new Updates(way, when, at, startSize));
        assertTrue(error.getMessage().contains(word), error.getMessage());
    }

    @Test
    void whatMakesNoSenseIsRefused() {
        refused("between 0 and 1", Kind.CARRY, When.ONCE, 0.0, 1);
        refused("between 0 and 1", Kind.CARRY, When.ONCE, 1.0, 1);
        refused("between 0 and 1", Kind.CARRY, When.ONCE, Double.NaN, 1);
        refused("must be positive", Kind.CARRY, When.ONCE, 0.4, 0);
        refused("must be positive", Kind.CARRY, When.ONCE, 0.4, Double.POSITIVE_INFINITY);
        refused("the update rule once", Kind.CARRY, When.FALLING, 0.4, 1);
        refused("the update rule once", Kind.MERGE, When.SETTLED, null, 1.5);
        refused("restart keeps them", Kind.RESTART, When.ONCE, null, 1.5);
        refused("never updated", Kind.NONE, When.ONCE, null, 1);
        refused("never updated", Kind.NONE, When.FALLING, null, 2);
        refused("'way'", null, When.FALLING, null, 1);
    }

    /** The rate stays at its greatest while an update could still come, and then falls as it would over the rest. */
    @Test
    void theScheduleWaits() {
        Optimization how = Optimization.usual(Dra.DEFAULT, Preset.DEFAULT);
        assertEquals(0.5, how.factor(0.25, 20, 12), 1e-12);
        assertEquals(1, how.factor(0.5, 20, 12));
        assertEquals(1, how.factor(11.99, 20, 12));
        assertEquals(0.5, how.factor(16, 20, 12), 1e-12);
        assertEquals(0, how.factor(20, 20, 12), 1e-12);
        for (double progress = 0; progress < 20; progress += 0.37) {
            assertEquals(how.factor(progress, 20), how.factor(progress, 20, 0));
        }
    }

    /** What the optimiser remembers of adapters whose ranks change: of those that stay the same, of the others what the maps say, of new ones nothing. */
    @ParameterizedTest
    @EnumSource
    void theOptimiserGoesOn(Optimization.Kind kind) {
        long kept = Tensors.kept();
        torch.manual_seed(5);
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard();
                Network network = TinyNetworks.mixed().materialize(1)) {
            Map<String, Integer> ranks = TinyNetworks.ranks(network, 2);
            ranks.put("mixer", 0);
            Optimization how = Optimization.plain(1e-2).withKind(kind).withMomentum(0.9);
            try (AdapterSet set = AdapterSet.attach(network, ranks, AdapterOptions.DEFAULT, 1);
                    Optimiser optimiser = new Optimiser(set.parameters(), List.of(), how)) {
                step(optimiser, set);
                step(optimiser, set);
                Map<String, Tensor> before = saved(optimiser);
                Map<String, Integer> now = new LinkedHashMap<>(ranks);
                now.put("stem", 3); // the first
                now.put("point", 1); // the third
                now.put("mixer", 1); // the fifth, which is new
                now.put("head", 0);
                List<Inherited> inherited = set.carry(network, now, AdapterOptions.DEFAULT, 2, true, Map.of())
                        .inherited();
                optimiser.goOn(Optimiser.METHOD, set.parameters(), inherited);
                Map<String, Tensor> after = saved(optimiser);
                int memories = kind == Optimization.Kind.ADAMW ? 2 : 1;
                for (int i = 0; i < set.parameters().size(); i++) {
                    for (int k = 0; k < memories; k++) {
                        Tensor memory = after.get("optimiser.method." + i + "." + k);
                        assertArrayEquals(set.parameters().get(i).shape(), memory.shape(), i + "." + k);
                        Inherited origin = inherited.get(i);
                        float[] expected = origin.of() < 0
                                ? new float[(int) memory.numel()]
                                : Tensors.toFloats(
                                        k == 0
                                                ? origin.moments(before.get("optimiser.method." + origin.of() + ".0"))
                                                : origin.squares(before.get("optimiser.method." + origin.of() + ".1")));
                        assertArrayEquals(expected, Tensors.toFloats(memory), i + "." + k);
                    }
                }
                assertFalse(after.containsKey("optimiser.method.10.0"), "the head's adapter is gone");
                step(optimiser, set);
            }
        }
        assertEquals(kept, Tensors.kept());
    }

    private static void step(Optimiser optimiser, AdapterSet set) {
        set.parameters().forEach(p -> p.mutable_grad().put(torch.randn(p.shape())));
        optimiser.step(1);
        optimiser.zeroGrad();
    }

    private static Map<String, Tensor> saved(Optimiser optimiser) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        optimiser.save(tensors);
        tensors.replaceAll((name, tensor) -> tensor.clone());
        return tensors;
    }
}
