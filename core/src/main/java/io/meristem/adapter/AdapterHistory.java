package io.meristem.adapter;

import io.meristem.adapter.LowRankChange.Factors;
import io.meristem.weights.SavedTensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * The updates that have been merged into a network, kept as factors: the sum of several low-rank updates is one of the summed rank, so the way from
 * the pretrained weights to now can always be written as one adapter.
 */
public final class AdapterHistory {

    private final Map<String, List<Factors>> merged = new LinkedHashMap<>();

    /** Remembers a generation that is about to be merged. */
    public void add(AdapterSet adapters) {
        adapters.factors().forEach((name, factors) -> merged.computeIfAbsent(name, key -> new ArrayList<>())
                .add(factors));
    }

    /** All that was merged plus the adapters that are attached now, one pair of factors a layer, scaling included in B. */
    public Map<String, Factors> with(AdapterSet current) {
        Map<String, List<Factors>> all = new LinkedHashMap<>();
        merged.forEach((name, list) -> all.put(name, new ArrayList<>(list)));
        current.factors().forEach((name, factors) -> all.computeIfAbsent(name, key -> new ArrayList<>())
                .add(factors));
        Map<String, Factors> sums = new LinkedHashMap<>();
        all.forEach((name, list) -> sums.put(name, concatenate(list)));
        return sums;
    }

    /** Puts all that {@link #load} needs among {@code tensors}, owned by the current scope. */
    public void save(Map<String, Tensor> tensors) {
        merged.forEach((name, list) -> {
            for (int i = 0; i < list.size(); i++) {
                list.get(i).save(name(name, i), tensors);
            }
        });
    }

    /** Remembers what was merged before into some of {@code layers}. */
    public void load(Iterable<String> layers, SavedTensors saved) {
        for (String layer : layers) {
            for (int i = 0; saved.has(name(layer, i) + ".A"); i++) {
                merged.computeIfAbsent(layer, key -> new ArrayList<>()).add(Factors.load(name(layer, i), saved));
            }
        }
    }

    private static String name(String layer, int number) {
        return "merged." + number + "." + layer;
    }

    /** {@code [B1 B2 ...] [A1; A2; ...]}. */
    private static Factors concatenate(List<Factors> parts) {
        int out = parts.get(0).out();
        int columns = parts.get(0).columns();
        int rank = parts.stream().mapToInt(Factors::rank).sum();
        double[] b = new double[out * rank];
        double[] a = new double[rank * columns];
        int at = 0;
        for (Factors part : parts) {
            for (int o = 0; o < out; o++) {
                System.arraycopy(part.b(), o * part.rank(), b, o * rank + at, part.rank());
            }
            System.arraycopy(part.a(), 0, a, at * columns, part.rank() * columns);
            at += part.rank();
        }
        return new Factors(b, a, out, columns, rank);
    }
}
