package io.meristem.tune;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.adapter.AdapterOptions;
import io.meristem.adapter.AdapterSet;
import io.meristem.adapter.LoraInit;
import io.meristem.adapter.LoraScaling;
import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import io.meristem.execute.LabelledFeed;
import io.meristem.execute.Network;
import io.meristem.rank.GradientDirections;
import io.meristem.testing.TinyNetworks;
import io.meristem.workers.GradientExchange;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Whose gradient A starts along. */
class GradientStartTest {

    private static final int N = 24;
    private static final int SIDE = 12;

    @BeforeAll
    static void start() {
        Engine.start(1);
    }

    private static LabelledFeed photos() {
        Random random = new Random(6);
        float[] pixels = new float[N * 3 * SIDE * SIDE];
        long[] labels = new long[N];
        for (int i = 0; i < N; i++) {
            labels[i] = i % TinyNetworks.CLASSES;
            for (int p = 0; p < 3 * SIDE * SIDE; p++) {
                boolean own = p / (SIDE * SIDE) == labels[i];
                pixels[i * 3 * SIDE * SIDE + p] = (float) (random.nextGaussian() + (own ? 1 : 0));
            }
        }
        return consumer -> {
            try (PointerScope scope = new PointerScope()) {
                consumer.accept(Tensors.of(pixels, N, 3, SIDE, SIDE), Tensors.of(labels));
            }
        };
    }

    private static MethodContext context(Network network, LabelledFeed photos, boolean drawn) {
        return new MethodContext(
                network,
                HeadPolicy.TRAINED,
                1,
                1,
                3,
                0,
                (batches, size) -> photos,
                () -> drawn,
                () -> {},
                TrainListener.NONE,
                GradientExchange.NONE);
    }

    /** A drawn head is fitted while the gradient is taken, and is what it was afterwards; any other head is used as it is. */
    @Test
    void aDrawnHeadIsFittedWhileItLooks() {
        LabelledFeed photos = photos();
        AdapterOptions options = new AdapterOptions(0, LoraScaling.BY_RANK, 0, LoraInit.GRADIENT);
        Map<String, Integer> ranks = new LinkedHashMap<>(Map.of("stem", 2, "point", 2));
        long before = Tensors.kept();
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard();
                Network network = TinyNetworks.mixed().materialize(3)) {
            float[] weight = Tensors.toFloats(network.head().weight().value());
            float[] bias = Tensors.toFloats(network.head().bias().value());
            Map<String, float[]> drawn = rows(network, context(network, photos, true), ranks, options);
            assertArrayEquals(weight, Tensors.toFloats(network.head().weight().value()));
            assertArrayEquals(bias, Tensors.toFloats(network.head().bias().value()));
            Map<String, float[]> asItIs = rows(network, context(network, photos, false), ranks, options);
            Map<String, float[]> fitted = directions(network, ranks, photos, true);
            Map<String, float[]> random = directions(network, ranks, photos, false);
            for (String layer : ranks.keySet()) {
                assertArrayEquals(fitted.get(layer), drawn.get(layer), 1e-6f, layer);
                assertArrayEquals(random.get(layer), asItIs.get(layer), 1e-6f, layer);
                double overlap = 0;
                for (int i = 0; i < 3; i++) {
                    overlap += fitted.get(layer)[i] * random.get(layer)[i];
                }
                assertTrue(Math.abs(overlap) < 0.999, layer);
            }
        }
        assertEquals(before, Tensors.kept());
    }

    private static Map<String, float[]> rows(
            Network network, MethodContext context, Map<String, Integer> ranks, AdapterOptions options) {
        Map<String, float[]> rows = new LinkedHashMap<>();
        try (AdapterSet adapters = context.attach(ranks, options)) {
            Map<String, Tensor> saved = new LinkedHashMap<>();
            adapters.save(saved);
            ranks.keySet()
                    .forEach(layer -> saved.forEach((name, tensor) -> {
                        if (name.contains(layer) && name.endsWith(".A")) {
                            rows.put(layer, Tensors.toFloats(tensor));
                        }
                    }));
        }
        return rows;
    }

    private static Map<String, float[]> directions(
            Network network, Map<String, Integer> ranks, LabelledFeed photos, boolean fit) {
        Map<String, float[]> found = new LinkedHashMap<>();
        var layers = new LinkedHashMap<>(network.weightedLayers());
        layers.keySet().retainAll(ranks.keySet());
        if (fit) {
            try (FittedHead head = new FittedHead(network, (batches, size) -> photos)) {
                GradientDirections.of(network, layers, ranks, photos)
                        .forEach((name, rows) -> found.put(name, Tensors.toFloats(rows)));
            }
        } else {
            GradientDirections.of(network, layers, ranks, photos)
                    .forEach((name, rows) -> found.put(name, Tensors.toFloats(rows)));
        }
        return found;
    }
}
