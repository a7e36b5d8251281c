package io.meristem.adapter;

import io.meristem.engine.Tensors;
import io.meristem.nn.Network;
import io.meristem.nn.WeightedLayer;
import io.meristem.weights.SavedTensors;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/** The adapters on a network's layers, one generation: attached together, and merged or removed together. */
public final class AdapterSet implements AutoCloseable {

    /** Keeps the change of an all-zero weight finite. */
    private static final double LEAST_NORM = 1e-12;

    private static final String FACTORS = "adapter.";
    private static final String BEFORE = "adapter_before.";

    private final Map<String, LowRankAdapter> adapters = new LinkedHashMap<>();
    private Map<String, LowRankChange.Factors> before = new LinkedHashMap<>();

    private AdapterSet() {}

    /**
     * Puts an adapter on every layer named in {@code ranks} with a rank above 0.
     *
     * @param ranks rank by dotted layer name
     * @param seed from which every A is drawn, by layer name, where it is drawn
     */
    public static AdapterSet attach(Network network, Map<String, Integer> ranks, AdapterOptions options, long seed) {
        return attach(network, ranks, options, seed, Map.of());
    }

    /**
     * The same with given directions that A starts along.
     *
     * @param directions by layer, orthonormal rows (at most the rank, columns) that are the first rows of A; the rest is drawn
     */
    public static AdapterSet attach(
            Network network,
            Map<String, Integer> ranks,
            AdapterOptions options,
            long seed,
            Map<String, Tensor> directions) {
        return attach(
                network,
                ranks,
                (name, layer, rank) -> LowRankAdapter.lora(name, layer, rank, options, seed, directions.get(name)));
    }

    /** Makes the adapter of one layer. */
    @FunctionalInterface
    interface Start {
        LowRankAdapter of(String name, WeightedLayer layer, int rank);
    }

    static AdapterSet attach(Network network, Map<String, Integer> ranks, Start start) {
        ranks.forEach((name, rank) -> {
            if (!network.weightedLayers().containsKey(name)) {
                throw new IllegalArgumentException(network.spec().name() + " has no layer " + name);
            }
            if (rank < 0) {
                throw new IllegalArgumentException("rank " + rank + " for layer " + name + " is negative");
            }
        });
        AdapterSet set = new AdapterSet();
        ranks.forEach((name, rank) -> {
            if (rank > 0) {
                set.adapters.put(name, start.of(name, network.weightedLayers().get(name), rank));
            }
        });
        return set;
    }

    public Map<String, LowRankAdapter> adapters() {
        return Collections.unmodifiableMap(adapters);
    }

    /** Every A and B, for the optimiser; this set keeps owning them. */
    public List<Tensor> parameters() {
        List<Tensor> tensors = new ArrayList<>();
        adapters.values().forEach(adapter -> {
            tensors.add(adapter.a());
            tensors.add(adapter.b());
        });
        return tensors;
    }

    /** Trainable numbers. */
    public long numbers() {
        return adapters.values().stream()
                .mapToLong(a ->
                        (long) a.rank() * (a.layer().outFeatures() + a.layer().columns()))
                .sum();
    }

    public void train(boolean on) {
        adapters.values().forEach(adapter -> adapter.train(on));
    }

    /**
     * Has only the first {@code rank} rows of every A and columns of every B take part from here on, or as many as the layer has.
     *
     * @param scaling the factor before their product, of all layers
     * @param lastOnly whether gradients reach the last of them only
     */
    public void truncate(int rank, double scaling, boolean lastOnly) {
        adapters.values().forEach(adapter -> adapter.truncate(Math.min(rank, adapter.rank()), scaling, lastOnly));
    }

    /** Takes the adapter off one layer and frees it; the weight stays as it is. */
    void drop(String name) {
        adapters.remove(name).close();
        before.remove(name);
    }

    /** The factors of every update now, by layer name, the scaling included in B. */
    public Map<String, LowRankChange.Factors> factors() {
        Map<String, LowRankChange.Factors> factors = new LinkedHashMap<>();
        try (PointerScope scope = new PointerScope()) {
            adapters.forEach((name, adapter) -> {
                WeightedLayer layer = adapter.layer();
                double[] b = adapter.scaledBInFloat64();
                double[] a = Tensors.toDoubles(adapter.activeA());
                factors.put(
                        name, new LowRankChange.Factors(b, a, layer.outFeatures(), layer.columns(), adapter.active()));
            });
        }
        return factors;
    }

    /**
     * Mean over the layers of {@code ||s(BA) - s(BA) at the last call||_F / ||W||_F}; the first call compares with the start, which is zero.
     */
    public double changeSinceLastCall() {
        Map<String, LowRankChange.Factors> now = factors();
        double sum = 0;
        for (Map.Entry<String, LowRankChange.Factors> entry : now.entrySet()) {
            Tensor weight = adapters.get(entry.getKey()).layer().weight().value();
            double distance = LowRankChange.distance(entry.getValue(), before.get(entry.getKey()));
            sum += distance / Math.max(norm(weight), LEAST_NORM);
        }
        before = now;
        return adapters.isEmpty() ? 0 : sum / adapters.size();
    }

    private static double norm(Tensor weight) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            return weight.norm().item_double();
        }
    }

    /** Puts all that {@link #load} needs among {@code tensors}; the current scope owns what is new. */
    public void save(Map<String, Tensor> tensors) {
        adapters.forEach((name, adapter) -> {
            tensors.put(FACTORS + name + ".A", adapter.a());
            tensors.put(FACTORS + name + ".B", adapter.b());
        });
        before.forEach((name, factors) -> factors.save(BEFORE + name, tensors));
    }

    /** Goes on from saved values; the adapters must be on the same layers with the same ranks. */
    public void load(SavedTensors saved) {
        before = new LinkedHashMap<>();
        adapters.forEach((name, adapter) -> {
            saved.into(FACTORS + name + ".A", adapter.a());
            saved.into(FACTORS + name + ".B", adapter.b());
            if (saved.has(BEFORE + name + ".A")) {
                before.put(name, LowRankChange.Factors.load(BEFORE + name, saved));
            }
        });
    }

    /** Has every layer computed as it will be when it is saved, in float32 and without gradients, or again in its form. */
    public void asSaved(boolean on) {
        adapters.values().forEach(adapter -> adapter.asSaved(on));
    }

    /** Adds every update to its frozen weight, in place; the adapters stay attached, so {@link #close} must follow before the next forward. */
    public void merge() {
        adapters.values().forEach(adapter -> adapter.addToWeight(1));
    }

    /** Takes every update out of its weight again, up to float32 rounding. */
    public void unmerge() {
        adapters.values().forEach(adapter -> adapter.addToWeight(-1));
    }

    /** Detaches and frees the adapters; the weights stay as they are. */
    @Override
    public void close() {
        adapters.values().forEach(LowRankAdapter::close);
        adapters.clear();
    }
}
