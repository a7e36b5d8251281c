package io.meristem.adapter;

import io.meristem.engine.Seeds;
import io.meristem.engine.Tensors;
import io.meristem.execute.Network;
import io.meristem.op.WeightedLayer;
import io.meristem.weights.SavedTensors;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
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

    /**
     * What became of the adapters when their ranks changed.
     *
     * @param inherited of each of {@link #parameters}, what it is made of
     * @param grew layers with a higher rank than before
     * @param shrank layers with a lower one
     * @param least of the ranks that are kept
     * @param most likewise
     * @param lost what the dropped ranks were of the updates of all layers, as a share of their squared norms
     */
    public record Carried(List<Inherited> inherited, int grew, int shrank, int least, int most, double lost) {

        public Carried {
            inherited = List.copyOf(inherited);
        }
    }

    /**
     * Goes on with other ranks. Where a rank grows or stays, the layer's update stays what it is; where it shrinks, a part of it is lost.
     *
     * @param network of these adapters
     * @param ranks by layer name, of all layers that have an adapter now or then
     * @param seed from which new rows of A are drawn, by layer name
     * @param rotated whether what is dropped are the smallest singular values of the update, and not the smallest of its ranks as they are
     * @param directions by layer, orthonormal rows that A's new rows follow as far as they are not among its old ones; what is missing is drawn
     */
    public Carried carry(
            Network network,
            Map<String, Integer> ranks,
            AdapterOptions options,
            long seed,
            boolean rotated,
            Map<String, Tensor> directions) {
        Map<String, LowRankAdapter> earlier = new LinkedHashMap<>(adapters);
        Map<String, LowRankChange.Factors> was = factors();
        List<String> places = List.copyOf(earlier.keySet());
        if (!ranks.keySet().containsAll(places)) {
            throw new IllegalArgumentException("ranks are missing for some of " + places);
        }
        adapters.clear();
        List<Inherited> inherited = new ArrayList<>();
        int grew = 0;
        int shrank = 0;
        int least = Integer.MAX_VALUE;
        int most = 0;
        for (Map.Entry<String, Integer> entry : ranks.entrySet()) {
            String name = entry.getKey();
            int rank = entry.getValue();
            LowRankAdapter adapter = earlier.get(name);
            int before = adapter == null ? 0 : adapter.rank();
            grew += rank > before ? 1 : 0;
            shrank += rank < before ? 1 : 0;
            if (Math.min(rank, before) > 0) {
                least = Math.min(least, Math.min(rank, before));
                most = Math.max(most, Math.min(rank, before));
            }
            if (rank == 0) {
                if (adapter != null) {
                    adapter.close();
                }
                continue;
            }
            if (adapter == null) {
                adapters.put(
                        name,
                        LowRankAdapter.lora(
                                name, network.weightedLayers().get(name), rank, options, seed, directions.get(name)));
                inherited.add(new Newborn());
                inherited.add(new Newborn());
                continue;
            }
            adapters.put(name, adapter);
            int place = 2 * places.indexOf(name);
            if (rank == before) {
                inherited.add(Slice.whole(place));
                inherited.add(Slice.whole(place + 1));
            } else {
                RankChange change = adapter.changeRank(
                        rank, options.scaling(rank), rotated, directions.get(name), Seeds.of(seed, "lora_A", name));
                inherited.add(change.ofA().at(place));
                inherited.add(change.ofB().at(place + 1));
            }
        }
        before = factors();
        return new Carried(inherited, grew, shrank, most == 0 ? 0 : least, most, lost(was, before));
    }

    private static double lost(Map<String, LowRankChange.Factors> was, Map<String, LowRankChange.Factors> is) {
        double gone = 0;
        double all = 0;
        for (Map.Entry<String, LowRankChange.Factors> entry : was.entrySet()) {
            double whole = LowRankChange.distance(entry.getValue(), null);
            LowRankChange.Factors left = is.get(entry.getKey());
            double missing = left == null
                    ? whole
                    : left.rank() < entry.getValue().rank() ? LowRankChange.distance(entry.getValue(), left) : 0;
            gone += missing * missing;
            all += whole * whole;
        }
        return all > 0 ? gone / all : 0;
    }

    /**
     * Does {@code work} with every update in its weight and no adapter on, and puts all back, to the bit. The network must not be folded, then or afterwards.
     *
     * @param work must leave the weights as they are
     */
    public <T> T asMerged(Network network, Supplier<T> work) {
        Map<String, Tensor> weights = new LinkedHashMap<>();
        try {
            adapters.forEach((name, adapter) -> {
                try (PointerScope scope = new PointerScope();
                        NoGradGuard guard = new NoGradGuard()) {
                    weights.put(
                            name, Tensors.keep(adapter.layer().weight().value().clone()));
                }
                adapter.addToWeight(1);
                adapter.layer().setForm(null);
            });
            network.unfold(); // and forgets what was made of the weights
            return work.get();
        } finally {
            weights.forEach((name, weight) -> {
                LowRankAdapter adapter = adapters.get(name);
                adapter.layer().weight().set(weight);
                adapter.asSaved(false);
                Tensors.free(weight);
            });
            network.unfold();
        }
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

    /** Detaches and frees the adapters; the weights stay as they are. */
    @Override
    public void close() {
        adapters.values().forEach(LowRankAdapter::close);
        adapters.clear();
    }
}
