package io.meristem.weights;

import io.meristem.weights.TorchGlobals.TensorRef;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Finds the network's tensors in a checkpoint, which may hold much else. */
final class StateDicts {

    /** Where trainers put them, the likeliest first. */
    private static final List<String> USUAL = List.of(
            "state_dict",
            "model_state_dict",
            "model_state",
            "model",
            "net",
            "network",
            "module",
            "weights",
            "params",
            "ema_state_dict",
            "state_dict_ema",
            "model_ema");

    private static final int MAX_DEPTH = 3;

    /** @param name dotted, of the keys that lead there; empty for the whole checkpoint */
    private record Branch(Map<?, ?> map, int depth, String name) {}

    /**
     * What was found.
     *
     * @param tensors by name, in order; empty when there are none
     * @param note what was chosen beside what, or null where there was no choice
     */
    record Chosen(Map<String, TensorRef> tensors, String note) {}

    private StateDicts() {}

    /**
     * The mapping with the most tensors directly in it; among equals the one nearest to the top, then the one with the likelier name. What belongs
     * to an optimiser is left aside. Averaged weights are preferred to those that they are an average of.
     */
    static Chosen find(Object checkpoint) {
        Map<String, TensorRef> best = Map.of();
        Map<String, TensorRef> averaged = Map.of();
        String bestName = "";
        String averagedName = "";
        Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        Deque<Branch> queue = new ArrayDeque<>();
        if (checkpoint instanceof Map<?, ?> root) {
            queue.add(new Branch(root, 0, ""));
        }
        while (!queue.isEmpty()) {
            Branch place = queue.remove();
            if (!seen.add(place.map)) {
                continue;
            }
            Map<String, TensorRef> tensors = tensors(place.map);
            if (KeyMap.isAveraged(place.name)) {
                if (tensors.size() > averaged.size()) {
                    averaged = tensors;
                    averagedName = place.name;
                }
            } else if (tensors.size() > best.size()) {
                best = tensors;
                bestName = place.name;
            }
            if (place.depth < MAX_DEPTH) {
                likeliestFirst(place).forEach(queue::add);
            }
        }
        if (best.isEmpty() || averaged.isEmpty()) {
            return new Chosen(best.isEmpty() ? averaged : best, null);
        }
        Set<String> weights = weights(best);
        if (weights(averaged).containsAll(weights)) {
            return new Chosen(
                    averaged,
                    "it holds averaged weights (" + averagedName + ") beside others (" + named(bestName)
                            + "), and the averaged ones were taken");
        }
        return new Chosen(
                best,
                "it holds averaged weights (" + averagedName + ") that lack a part, so the others (" + named(bestName)
                        + ") were taken");
    }

    private static String named(String place) {
        return place.isEmpty() ? "at its top" : place;
    }

    /** The names without what wrappers leave, and without counters. */
    private static Set<String> weights(Map<String, TensorRef> tensors) {
        return tensors.keySet().stream()
                .map(KeyMap::unwrap)
                .filter(name -> !name.endsWith("num_batches_tracked"))
                .collect(Collectors.toSet());
    }

    private static Map<String, TensorRef> tensors(Map<?, ?> map) {
        Map<String, TensorRef> tensors = new LinkedHashMap<>();
        map.forEach((key, value) -> {
            if (value instanceof TensorRef tensor) {
                tensors.put((String) key, tensor);
            }
        });
        return tensors;
    }

    private static List<Branch> likeliestFirst(Branch parent) {
        List<String> keys = new ArrayList<>();
        parent.map.forEach((key, value) -> {
            if (value instanceof Map && !((String) key).toLowerCase(Locale.ROOT).contains("optim")) {
                keys.add((String) key);
            }
        });
        keys.sort(Comparator.comparingInt(key -> USUAL.contains(key) ? USUAL.indexOf(key) : USUAL.size()));
        List<Branch> places = new ArrayList<>();
        keys.forEach(key -> places.add(new Branch(
                (Map<?, ?>) parent.map.get(key),
                parent.depth + 1,
                parent.name.isEmpty() ? key : parent.name + "." + key)));
        return places;
    }
}
