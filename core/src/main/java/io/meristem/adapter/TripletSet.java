package io.meristem.adapter;

import io.meristem.engine.Engine;
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
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Adapters in the form {@code W' = W + s * reshape(P diag(lambda) Q, W.shape)} (Zhang et al. 2023): a column of P, an entry of lambda and a row of Q
 * are a triplet, which can be pruned alone.
 *
 * <p>They run as {@linkplain LowRankAdapter low-rank adapters} with {@code B = P}, which is the same tensor, and {@code A = diag(lambda) Q}, which is
 * computed from the others after each change. P (out, rank) and Q (rank, columns) start Gaussian, lambda at zero. The lambdas of all layers are one
 * tensor, layer after layer. Everywhere here triplets are counted in that order.
 */
public final class TripletSet implements AutoCloseable {

    /** Standard deviation of P and Q at the start, as PEFT has it. */
    private static final double START = 0.02;

    private static final String Q = "triplets.q.";
    private static final String LAMBDAS = "triplets.lambda";

    private final AdapterSet adapters;
    private final Map<String, Tensor> q = new LinkedHashMap<>();
    private Tensor lambdas;

    private TripletSet(AdapterSet adapters) {
        this.adapters = adapters;
    }

    /**
     * Puts triplets on every layer named in {@code ranks} with a rank above 0.
     *
     * @param scaling s, of all layers; it stays when triplets go
     * @param dropout probability with which an entry of a layer's input to P diag(lambda) Q is dropped in training
     * @param seed from which P and Q are drawn, by layer name
     */
    public static TripletSet attach(
            Network network, Map<String, Integer> ranks, double scaling, double dropout, long seed) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            TripletSet set = new TripletSet(AdapterSet.attach(network, ranks, (name, layer, rank) -> {
                long drawn = Seeds.of(seed, "P", name);
                Tensor p = LowRankAdapter.gaussian(START, drawn, layer.outFeatures(), rank);
                Tensor a = Engine.onDevice(torch.zeros(rank, layer.columns()));
                return new LowRankAdapter(layer, a, p, scaling, dropout);
            }));
            set.adapters.adapters().forEach((name, adapter) -> {
                int columns = adapter.layer().columns();
                set.keepQ(name, LowRankAdapter.gaussian(START, Seeds.of(seed, "Q", name), adapter.rank(), columns));
            });
            set.keepLambdas(Engine.onDevice(torch.zeros(set.size())));
            return set;
        }
    }

    private void keepQ(String name, Tensor tensor) {
        q.put(name, Tensors.keep(tensor));
        tensor.requires_grad_(true);
    }

    private void keepLambdas(Tensor tensor) {
        lambdas = Tensors.keep(tensor);
        lambdas.requires_grad_(true);
    }

    /** The same triplets as the network runs them. */
    public AdapterSet adapters() {
        return adapters;
    }

    /** Triplets of all layers together. */
    public int size() {
        return adapters.adapters().values().stream()
                .mapToInt(LowRankAdapter::rank)
                .sum();
    }

    /** Trainable numbers of one triplet of a layer: a column of P, a row of Q, and lambda. */
    public static int cost(LayerSize layer) {
        return layer.perRank() + 1;
    }

    /** Trainable numbers of each triplet. */
    public int[] costs() {
        return adapters.adapters().entrySet().stream()
                .flatMapToInt(entry -> {
                    LowRankAdapter adapter = entry.getValue();
                    int cost = cost(LayerSize.of(entry.getKey(), adapter.layer()));
                    return IntStream.generate(() -> cost).limit(adapter.rank());
                })
                .toArray();
    }

    /** What the optimiser trains: P and Q of each layer, in order, then all lambdas; this set keeps owning them. */
    public List<Tensor> parameters() {
        List<Tensor> tensors = new ArrayList<>();
        adapters.adapters().forEach((name, adapter) -> {
            tensors.add(adapter.b());
            tensors.add(q.get(name));
        });
        if (lambdas.numel() > 0) {
            tensors.add(lambdas);
        }
        return tensors;
    }

    /** What each of {@code layers} has now, which are at least those with triplets. */
    public List<LayerRank> ranks(Map<String, WeightedLayer> layers) {
        List<LayerRank> ranks = new ArrayList<>();
        layers.forEach((name, layer) -> {
            LowRankAdapter adapter = adapters.adapters().get(name);
            int rank = adapter == null ? 0 : adapter.rank();
            LayerSize size = LayerSize.of(name, layer);
            ranks.add(new LayerRank(size, rank, (long) rank * cost(size)));
        });
        return ranks;
    }

    /** Q (rank, columns) of a layer. */
    public Tensor q(String layer) {
        return q.get(layer);
    }

    /** (triplets). */
    public Tensor lambdas() {
        return lambdas;
    }

    /**
     * Turns the gradients of A and B, which the backward pass has left, into those of P, lambda and Q, and adds that of the penalty {@code weight *
     * mean ||X'X - I||_F}, the mean over all P and transposed Q.
     */
    public void pullBack(double weight) {
        if (size() == 0) {
            return;
        }
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            TripletGradients.pullBack(adapters.adapters(), q, lambdas, weight);
        }
    }

    /** Computes every A from lambda and Q as they are now; to be called when these have changed. */
    public void refresh() {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            int at = 0;
            for (Map.Entry<String, LowRankAdapter> entry : adapters.adapters().entrySet()) {
                int rank = entry.getValue().rank();
                Tensor a = entry.getValue().a();
                Tensor diagonal = lambdas.narrow(0, at, rank).unsqueeze(1);
                torch.mul_out(a, q.get(entry.getKey()), diagonal);
                at += rank;
            }
        }
    }

    /** Sets the lambdas of all triplets but those in {@code kept} to zero. */
    public void mask(boolean[] kept) {
        mask(kept, lambdas);
    }

    /** The same of other lambdas of these triplets, (triplets). */
    public void mask(boolean[] kept, Tensor of) {
        float[] factors = new float[kept.length];
        for (int i = 0; i < kept.length; i++) {
            factors[i] = kept[i] ? 1 : 0;
        }
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Tensor ones = Engine.onDevice(Tensors.of(factors, factors.length));
            Tensors.inPlace(of, of.mul_(ones));
        }
    }

    /**
     * Removes all triplets but those in {@code kept}; a layer that keeps none loses its adapter.
     *
     * @return what each of {@link #parameters} is of those before
     */
    public List<Slice> prune(boolean[] kept) {
        List<Slice> slices = new ArrayList<>();
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            int at = 0;
            int place = 0;
            for (String name : List.copyOf(adapters.adapters().keySet())) {
                int rank = adapters.adapters().get(name).rank();
                long[] entries = chosen(kept, at, rank);
                slices.addAll(shrink(name, new Slice(place, 1, entries), new Slice(place + 1, 0, entries)));
                at += rank;
                place += 2;
            }
            Slice left = new Slice(place, 0, chosen(kept, 0, kept.length));
            Tensor whole = lambdas;
            keepLambdas(left.take(whole));
            Tensors.free(whole);
            if (left.entries().length > 0) {
                slices.add(left);
            }
        }
        refresh();
        return Collections.unmodifiableList(slices);
    }

    /** @return the slices that there are parameters of */
    private List<Slice> shrink(String name, Slice ofP, Slice ofQ) {
        Tensor whole = q.remove(name);
        boolean any = ofP.entries().length > 0;
        if (any) {
            LowRankAdapter adapter = adapters.adapters().get(name);
            adapter.replace(ofQ.take(adapter.a()), ofP.take(adapter.b()));
            keepQ(name, ofQ.take(whole));
        } else {
            adapters.drop(name);
        }
        Tensors.free(whole);
        return any ? List.of(ofP, ofQ) : List.of();
    }

    /** Puts all that {@link #load} needs among {@code tensors}; the current scope owns what is new. */
    public void save(Map<String, Tensor> tensors) {
        adapters.save(tensors);
        q.forEach((name, tensor) -> tensors.put(Q + name, tensor));
        tensors.put(LAMBDAS, lambdas);
    }

    /** Goes on from saved values; the same triplets must be left. */
    public void load(SavedTensors saved) {
        adapters.load(saved);
        q.forEach((name, tensor) -> saved.into(Q + name, tensor));
        saved.into(LAMBDAS, lambdas);
    }

    /** Which of {@code count} triplets from {@code from} on are kept, counted from there. */
    private static long[] chosen(boolean[] kept, int from, int count) {
        return IntStream.range(0, count)
                .filter(i -> kept[from + i])
                .mapToLong(i -> i)
                .toArray();
    }

    /** Takes the adapters off their layers and frees all tensors. */
    @Override
    public void close() {
        adapters.close();
        q.values().forEach(Tensors::free);
        q.clear();
        Tensors.free(lambdas);
        lambdas = null;
    }
}
