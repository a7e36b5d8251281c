package io.meristem.tune;

import com.fasterxml.jackson.annotation.JsonTypeName;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Setting;
import io.meristem.adapter.AdapterOptions;
import io.meristem.adapter.AdapterSet;
import io.meristem.adapter.LayerSize;
import io.meristem.adapter.RankLimit;
import io.meristem.weights.SavedTensors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One rank for every layer (Hu et al. 2021).
 *
 * @param rank of every layer; 0 where only what stands beside the factors trains
 * @param limit what becomes of it where it exceeds what a layer's weight can use. {@link RankLimit#NONE} is the source's baseline and its size; null, as in
 *     runs from before there was a choice, means that.
 */
@JsonTypeName("lora")
public record Lora(int rank, AdapterOptions adapter, RankLimit limit) implements Method {

    public static final Lora DEFAULT = new Lora(8, AdapterOptions.DEFAULT);

    /** Held to what each layer can use. */
    public Lora(int rank, AdapterOptions adapter) {
        this(rank, adapter, RankLimit.LAYER);
    }

    public Lora {
        if (limit == null) {
            limit = RankLimit.NONE;
        }
        if (rank < 0) {
            throw InputException.ofSettings(
                    ErrorCode.OUT_OF_RANGE, "%s must not be negative, and not %s", Setting.RANK.the(), rank);
        }
    }

    @Override
    public <R> R match(Cases<R> cases) {
        return cases.lora(this);
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
    public Lora sized(double mib, double factor, double beside, List<LayerSize> layers) {
        return new Lora(LayerSize.nearestRank(factor * mib - beside, layers, limit == RankLimit.LAYER), adapter, limit);
    }

    @Override
    public MethodState begin(MethodContext context) {
        limit.note(rank, DEFAULT.rank, context.sizes()).ifPresent(context.listener()::onNote);
        return new State(context.attach(ranks(context), adapter));
    }

    @Override
    public MethodState resume(MethodContext context, MethodMemory memory, SavedTensors saved) {
        MethodState state = new State(AdapterSet.attach(context.network(), ranks(context), adapter, context.seed()));
        state.adapters().load(saved);
        return state;
    }

    @Override
    public double adapterDropout() {
        return adapter.dropout();
    }

    private Map<String, Integer> ranks(MethodContext context) {
        Map<String, Integer> ranks = new LinkedHashMap<>();
        context.sizes().forEach(layer -> ranks.put(layer.name(), limit.of(rank, layer)));
        return ranks;
    }

    private record State(AdapterSet adapters) implements AdaptedState {}
}
