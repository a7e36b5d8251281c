package io.meristem.tune;

import io.meristem.adapter.AdapterOptions;
import io.meristem.adapter.AdapterSet;
import io.meristem.adapter.LayerSize;
import io.meristem.weights.SavedTensors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One rank for every layer (Hu et al. 2021).
 *
 * @param rank given to each layer as it is, even where it exceeds what the layer's weight can use: this is the source's baseline and its size
 */
public record Lora(int rank, AdapterOptions adapter) implements Method {

    public static final Lora DEFAULT = new Lora(8, AdapterOptions.DEFAULT);

    public Lora {
        if (rank < 1) {
            throw new IllegalArgumentException("the rank must be at least 1, not " + rank);
        }
    }

    @Override
    public String label() {
        return "lora r=" + rank;
    }

    @Override
    public boolean isSizable() {
        return true;
    }

    @Override
    public Lora sized(double mib, double factor, List<LayerSize> layers) {
        return new Lora(LayerSize.nearestRank(factor * mib, layers, false), adapter);
    }

    @Override
    public MethodState begin(MethodContext context) {
        Map<String, Integer> ranks = new LinkedHashMap<>();
        context.adaptable().keySet().forEach(name -> ranks.put(name, rank));
        return new State(AdapterSet.attach(context.network(), ranks, adapter, context.seed()));
    }

    @Override
    public MethodState resume(MethodContext context, MethodMemory memory, SavedTensors saved) {
        MethodState state = begin(context);
        state.adapters().load(saved);
        return state;
    }

    private record State(AdapterSet adapters) implements AdaptedState {}
}
