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

    private record Place(Map<?, ?> map, int depth) {}

    private StateDicts() {}

    /**
     * The mapping with the most tensors directly in it; among equals the one nearest to the top, then the one with the likelier name. What belongs
     * to an optimiser is left aside.
     *
     * @return its tensors by name, in order; empty when there are none
     */
    static Map<String, TensorRef> find(Object checkpoint) {
        Map<String, TensorRef> best = Map.of();
        Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        Deque<Place> queue = new ArrayDeque<>();
        if (checkpoint instanceof Map<?, ?> root) {
            queue.add(new Place(root, 0));
        }
        while (!queue.isEmpty()) {
            Place place = queue.remove();
            if (!seen.add(place.map)) {
                continue;
            }
            Map<String, TensorRef> tensors = tensors(place.map);
            if (tensors.size() > best.size()) {
                best = tensors;
            }
            if (place.depth < MAX_DEPTH) {
                likeliestFirst(place.map).forEach(map -> queue.add(new Place(map, place.depth + 1)));
            }
        }
        return best;
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

    private static List<Map<?, ?>> likeliestFirst(Map<?, ?> map) {
        List<String> keys = new ArrayList<>();
        map.forEach((key, value) -> {
            if (value instanceof Map && !((String) key).toLowerCase(Locale.ROOT).contains("optim")) {
                keys.add((String) key);
            }
        });
        keys.sort(Comparator.comparingInt(key -> USUAL.contains(key) ? USUAL.indexOf(key) : USUAL.size()));
        List<Map<?, ?>> maps = new ArrayList<>();
        keys.forEach(key -> maps.add((Map<?, ?>) map.get(key)));
        return maps;
    }
}
