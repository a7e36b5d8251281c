package io.meristem.adapter;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.engine.Tensors;
import io.meristem.execute.Network;
import io.meristem.op.WeightedLayer;
import io.meristem.testing.TinyNetworks;
import io.meristem.zoo.Models;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AdamW;
import org.bytedeco.pytorch.AdamWOptions;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdapterSetTest {

    @Test
    void holdsTheLayersWithARank() {
        long before = Tensors.kept();
        try (Network network = TinyNetworks.mixed().materialize(1)) {
            Map<String, Integer> ranks = TinyNetworks.ranks(network, 2);
            ranks.put("stem", 0);
            try (AdapterSet set = AdapterSet.attach(network, ranks, AdapterOptions.DEFAULT, 1)) {
                assertEquals(
                        Set.of("depthwise", "point", "grouped", "mixer", "head"),
                        set.adapters().keySet());
                assertEquals(10, set.parameters().size());
                long numbers = 2 * (8 + 9 + 12 + 8 + 8 + 27 + 6 + 8 + 3 + 6);
                assertEquals(numbers, set.numbers());
                assertEquals(
                        numbers,
                        set.parameters().stream().mapToLong(Tensor::numel).sum());
                set.parameters().forEach(p -> assertTrue(p.requires_grad() && p.is_leaf()));
            }
        }
        assertEquals(before, Tensors.kept());
    }

    @Test
    void anUnknownLayerLeavesNothingBehind() {
        try (PointerScope scope = new PointerScope();
                Network network = TinyNetworks.mixed().materialize(1)) {
            long before = Tensors.kept();
            Map<String, Integer> ranks = TinyNetworks.ranks(network, 2);
            ranks.put("nowhere", 1);
            IllegalArgumentException error = assertThrows(
                    IllegalArgumentException.class, () -> AdapterSet.attach(network, ranks, AdapterOptions.DEFAULT, 1));
            assertTrue(error.getMessage().contains("nowhere"), error.getMessage());
            assertEquals(before, Tensors.kept());
            assertFalse(network.forward(batch()).requires_grad(), "an adapter stayed on a layer");
        }
    }

    @Test
    void closingTwiceFreesOnce() {
        try (Network network = TinyNetworks.mixed().materialize(1)) {
            long before = Tensors.kept();
            AdapterSet set = AdapterSet.attach(network, TinyNetworks.ranks(network, 2), AdapterOptions.DEFAULT, 1);
            LowRankAdapter one = set.adapters().get("stem");
            one.close();
            set.close();
            set.close();
            assertEquals(before, Tensors.kept());
        }
    }

    @Test
    void startsFromTheSeedAndTheLayersName() {
        try (Network network = TinyNetworks.mixed().materialize(1)) {
            float[] whole = stem(network, TinyNetworks.ranks(network, 2), 7);
            assertArrayEquals(whole, stem(network, Map.of("stem", 2), 7), "other layers must not shift the draw");
            assertFalse(Arrays.equals(whole, stem(network, Map.of("stem", 2), 8)));
            float[] wide = stem(network, Map.of("stem", 400), 7);
            double squares = 0;
            double mean = 0;
            for (float v : wide) {
                squares += (double) v * v / wide.length;
                mean += (double) v / wide.length;
            }
            assertEquals(1 / 27.0, squares, 0.05 / 27);
            assertEquals(0, mean, 0.01);
        }
    }

    private static float[] stem(Network network, Map<String, Integer> ranks, long seed) {
        try (AdapterSet set = AdapterSet.attach(network, ranks, AdapterOptions.DEFAULT, seed)) {
            for (float b : Tensors.toFloats(set.adapters().get("stem").b())) {
                assertEquals(0, b);
            }
            return Tensors.toFloats(set.adapters().get("stem").a());
        }
    }

    @Test
    void reportsTheMeanRelativeChangeSinceTheLastCall() {
        try (PointerScope scope = new PointerScope();
                Network network = TinyNetworks.mixed().materialize(1);
                AdapterSet set = AdapterSet.attach(
                        network, TinyNetworks.ranks(network, 2), new AdapterOptions(3, false, 0), 1)) {
            Map<String, double[]> before = deltas(set);
            assertEquals(0, set.changeSinceLastCall(), "nothing has moved from the start");
            for (int step = 1; step <= 3; step++) {
                move(set, step);
                Map<String, double[]> now = deltas(set);
                double expected = 0;
                for (String name : now.keySet()) {
                    double change = 0;
                    for (int i = 0; i < now.get(name).length; i++) {
                        change += Math.pow(now.get(name)[i] - before.get(name)[i], 2);
                    }
                    double weight = 0;
                    for (double w : Tensors.toDoubles(
                            network.weightedLayers().get(name).weight().value())) {
                        weight += w * w;
                    }
                    expected += Math.sqrt(change / weight) / now.size();
                }
                assertEquals(expected, set.changeSinceLastCall(), 1e-5 * expected);
                assertEquals(0, set.changeSinceLastCall(), "nothing has moved since");
                before = now;
            }
        }
        try (Network network = TinyNetworks.mixed().materialize(1);
                AdapterSet none = AdapterSet.attach(network, Map.of(), AdapterOptions.DEFAULT, 1)) {
            assertEquals(0, none.changeSinceLastCall());
        }
    }

    /** Where ranks grow or stay the function does, too; where they shrink, the update is the nearest one of that rank. */
    @Test
    void ranksChangeAndTheFunctionDoesNotWhereTheyGrow() {
        long kept = Tensors.kept();
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard();
                Network network = TinyNetworks.mixed().materialize(1)) {
            Map<String, Integer> ranks = TinyNetworks.ranks(network, 2);
            ranks.put("mixer", 0);
            AdapterOptions options = new AdapterOptions(3, false, 0); // its scale falls with the rank
            try (AdapterSet set = AdapterSet.attach(network, ranks, options, 1)) {
                move(set, 1);
                set.changeSinceLastCall();
                float[] before = Tensors.toFloats(network.forward(batch()));
                Map<String, double[]> updates = deltas(set);

                Map<String, Integer> growing = new LinkedHashMap<>(ranks);
                growing.put("stem", 5);
                growing.put("depthwise", 3);
                growing.put("mixer", 1);
                AdapterSet.Carried carried = set.carry(network, growing, options, 7, true, Map.of());
                assertEquals(3, carried.grew());
                assertEquals(0, carried.shrank());
                assertEquals(0, carried.lost());
                assertEquals(List.of(2, 2), List.of(carried.least(), carried.most()));
                assertEquals(List.of(0, 1, 2, 3, 4, 5, 6, 7, -1, -1, 8, 9), places(carried));
                assertEquals(
                        List.copyOf(growing.keySet()),
                        List.copyOf(set.adapters().keySet()));
                assertClose(before, Tensors.toFloats(network.forward(batch())));
                updates.forEach(
                        (name, delta) -> assertArrayEquals(delta, deltas(set).get(name), 1e-6, name));
                assertEquals(0, set.changeSinceLastCall(), 1e-6, "nothing has been trained since");

                Map<String, double[]> whole = deltas(set);
                Map<String, Integer> shrinking = new LinkedHashMap<>(growing);
                shrinking.put("stem", 1);
                shrinking.put("head", 0);
                AdapterSet.Carried cut = set.carry(network, shrinking, options, 8, true, Map.of());
                assertEquals(List.of(0, 2), List.of(cut.grew(), cut.shrank()));
                assertEquals(List.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9), places(cut));
                Map<String, double[]> left = deltas(set);
                assertEquals(Set.of("stem", "depthwise", "point", "grouped", "mixer"), left.keySet());
                double lost = squares(whole.get("head"), null) + squares(whole.get("stem"), left.get("stem"));
                double all = whole.values().stream()
                        .mapToDouble(delta -> squares(delta, null))
                        .sum();
                assertEquals(lost / all, cut.lost(), 1e-5);
                for (String same : List.of("depthwise", "point", "grouped", "mixer")) {
                    assertArrayEquals(whole.get(same), left.get(same), same);
                }
                set.parameters().forEach(p -> assertTrue(p.requires_grad() && p.is_leaf()));
                assertThrows(
                        IllegalArgumentException.class,
                        () -> set.carry(network, Map.of("stem", 1), options, 8, true, Map.of()));
            }
        }
        assertEquals(kept, Tensors.kept());
    }

    /** But for the rounding of sums in another order. */
    private static void assertClose(float[] expected, float[] actual) {
        double greatest = 0;
        for (float value : expected) {
            greatest = Math.max(greatest, Math.abs(value));
        }
        assertArrayEquals(expected, actual, (float) (1e-6 * greatest));
    }

    private static List<Integer> places(AdapterSet.Carried carried) {
        return carried.inherited().stream().map(Inherited::of).toList();
    }

    private static double squares(double[] one, double[] zero) {
        double sum = 0;
        for (int i = 0; i < one.length; i++) {
            double difference = one[i] - (zero == null ? 0 : zero[i]);
            sum += difference * difference;
        }
        return sum;
    }

    /** Others look at weights with the updates in them, and then all is as it was, to the bit. */
    @Test
    void isLookedAtAsIfMerged() {
        long kept = Tensors.kept();
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard();
                Network network = TinyNetworks.mixed().materialize(1);
                AdapterSet set =
                        AdapterSet.attach(network, TinyNetworks.ranks(network, 2), AdapterOptions.DEFAULT, 1)) {
            move(set, 1);
            float[] before = Tensors.toFloats(network.forward(batch()));
            Map<String, float[]> weights = new LinkedHashMap<>();
            network.params().forEach((name, param) -> weights.put(name, Tensors.toFloats(param.value())));
            long held = Tensors.kept();
            float[] merged = set.asMerged(network, () -> Tensors.toFloats(network.forward(batch())));
            assertClose(before, merged);
            assertThrows(
                    IllegalStateException.class,
                    () -> set.asMerged(network, () -> {
                        throw new IllegalStateException("on purpose");
                    }));
            assertEquals(held, Tensors.kept());
            weights.forEach((name, values) -> assertArrayEquals(
                    values, Tensors.toFloats(network.params().get(name).value()), name));
            assertArrayEquals(before, Tensors.toFloats(network.forward(batch())));
        }
        assertEquals(kept, Tensors.kept());
    }

    private static void move(AdapterSet set, int step) {
        try (NoGradGuard guard = new NoGradGuard()) {
            int seed = 100 * step;
            for (Tensor p : set.parameters()) {
                p.add_(AdapterFormTest.gaussian(seed++, p.shape()));
            }
        }
    }

    private static Map<String, double[]> deltas(AdapterSet set) {
        Map<String, double[]> deltas = new LinkedHashMap<>();
        try (PointerScope scope = new PointerScope()) {
            set.adapters().forEach((name, adapter) -> deltas.put(name, Tensors.toDoubles(adapter.delta())));
        }
        return deltas;
    }

    @Test
    void trainingMovesTheAdaptersAndNothingElse() {
        try (PointerScope scope = new PointerScope();
                Network network = TinyNetworks.normed().materialize(1);
                AdapterSet set =
                        AdapterSet.attach(network, TinyNetworks.ranks(network, 2), AdapterOptions.DEFAULT, 1)) {
            Map<String, float[]> frozen = new LinkedHashMap<>();
            network.params().forEach((name, p) -> frozen.put(name, Tensors.toFloats(p.value())));
            List<float[]> start =
                    set.parameters().stream().map(Tensors::toFloats).toList();
            Tensor x = batch();
            Tensor y = Tensors.of(new long[] {0, 1, 2, 0});
            AdamWOptions options = new AdamWOptions(1e-2);
            options.weight_decay().put(0.1);
            AdamW optimizer = new AdamW(new TensorVector(set.parameters().toArray(new Tensor[0])), options);
            double first = 0;
            double last = 0;
            for (int step = 0; step < 30; step++) {
                try (PointerScope inner = new PointerScope()) {
                    optimizer.zero_grad(true);
                    Tensor loss = torch.cross_entropy_loss(network.forward(x), y);
                    loss.backward();
                    optimizer.step();
                    last = loss.item_double();
                    first = step == 0 ? last : first;
                }
            }
            assertTrue(last < 0.9 * first, first + " to " + last);
            network.params().forEach((name, p) -> {
                assertArrayEquals(frozen.get(name), Tensors.toFloats(p.value()), 0, name);
                assertFalse(p.value().grad().defined(), name + " has a gradient");
            });
            for (int i = 0; i < start.size(); i++) {
                assertFalse(Arrays.equals(
                        start.get(i), Tensors.toFloats(set.parameters().get(i))));
            }
        }
    }

    @Test
    void mergingAWholeNetworkKeepsItsFunction() {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard();
                Network network = TinyNetworks.mixed().materialize(1)) {
            AdapterSet set = AdapterSet.attach(network, TinyNetworks.ranks(network, 2), AdapterOptions.DEFAULT, 1);
            Map<String, float[]> weights = new LinkedHashMap<>();
            network.weightedLayers()
                    .forEach((name, l) ->
                            weights.put(name, Tensors.toFloats(l.weight().value())));
            move(set, 1);
            float[] adapted = Tensors.toFloats(network.forward(batch()));
            set.merge();
            AdapterFormTest.unmerge(set);
            for (Map.Entry<String, WeightedLayer> layer :
                    network.weightedLayers().entrySet()) {
                AdapterFormTest.assertClose(
                        weights.get(layer.getKey()),
                        Tensors.toFloats(layer.getValue().weight().value()),
                        layer.getKey());
            }
            set.merge();
            set.close();
            AdapterFormTest.assertClose(adapted, Tensors.toFloats(network.forward(batch())), "logits");
        }
    }

    /** {@code dA = s B' dW, dB = s dW A'} with dW from plain autograd on the merged network, through every activation and normalisation. */
    @ParameterizedTest
    @ValueSource(strings = {"mixed", "normed", "mobilenet_v2_035"})
    void gradientsFollowFromThoseOfTheFullWeights(String name) {
        try (PointerScope scope = new PointerScope();
                Network network = network(name).materialize(1)) {
            AdapterSet set = AdapterSet.attach(network, TinyNetworks.ranks(network, 2), AdapterOptions.DEFAULT, 1);
            try (NoGradGuard guard = new NoGradGuard()) {
                int seed = 300;
                for (LowRankAdapter adapter : set.adapters().values()) {
                    Tensor noise = AdapterFormTest.gaussian(seed++, adapter.b().shape());
                    adapter.b().copy_(noise.mul(new Scalar(0.02)));
                }
            }
            Tensor x = AdapterFormTest.gaussian(51, 4, 3, 32, 32);
            Tensor y = Tensors.of(new long[] {0, 1, 2, 0});
            torch.cross_entropy_loss(network.forward(x), y).backward();
            set.merge();
            network.weightedLayers().values().forEach(layer -> {
                layer.setForm(null);
                layer.weight().value().requires_grad_(true);
            });
            torch.cross_entropy_loss(network.forward(x), y).backward();
            try (NoGradGuard guard = new NoGradGuard()) {
                set.adapters().forEach((key, adapter) -> {
                    WeightedLayer layer = adapter.layer();
                    Tensor full = layer.weight()
                            .value()
                            .grad()
                            .reshape(layer.outFeatures(), layer.columns())
                            .mul(new Scalar(adapter.scaling()));
                    near(adapter.b().t().matmul(full), adapter.a().grad(), key + " A");
                    near(full.matmul(adapter.a().t()), adapter.b().grad(), key + " B");
                });
            }
            set.close();
        }
    }

    private static Network network(String name) {
        return switch (name) {
            case "mixed" -> TinyNetworks.mixed();
            case "normed" -> TinyNetworks.normed();
            default -> new Network(Models.find(name), TinyNetworks.CLASSES);
        };
    }

    /** Within 1e-3 in norm: the two ways round differently, and a rounding can move a value across a kink of an activation. */
    private static void near(Tensor expected, Tensor found, String what) {
        double size = expected.norm().item_double();
        double difference = expected.sub(found).norm().item_double();
        assertTrue(size > 0 && difference <= 1e-3 * size, what + " is off by " + difference + " of " + size);
    }

    private static Tensor batch() {
        return AdapterFormTest.gaussian(50, 4, 3, 12, 12);
    }
}
