package io.meristem.tune;

import com.fasterxml.jackson.annotation.JsonTypeName;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.adapter.AdapterOptions;
import io.meristem.adapter.AdapterSet;
import io.meristem.adapter.LayerSize;
import io.meristem.adapter.LoraScaling;
import io.meristem.adapter.RankLimit;
import io.meristem.adapter.Slice;
import io.meristem.engine.Seeds;
import io.meristem.op.WeightedLayer;
import io.meristem.rank.RankOptions;
import io.meristem.weights.SavedTensors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.DoubleStream;

/**
 * DyLoRA (Valipour et al. 2023): each step trains the adapters cut to a rank drawn for it, so that afterwards they can be cut to any of these ranks. A
 * layer whose full rank is less than the drawn one is cut to that.
 *
 * @param rankMin least rank that is drawn
 * @param rankMax greatest rank that is drawn; what is validated and saved during training
 * @param frozen whether a step trains only the last of the rows and columns that it is cut to
 * @param ranks at which the best state is judged after training, each within the range
 * @param adapter alpha 0 means {@code rankMax}, or 1 where the scale is alpha itself; the scale at rank b is {@code alpha / b}, the same for all layers
 */
@JsonTypeName("dylora")
public record DyLora(int rankMin, int rankMax, boolean frozen, List<Integer> ranks, AdapterOptions adapter)
        implements Method {

    public static final DyLora DEFAULT = new DyLora(1, 8, false, List.of(), AdapterOptions.PAPER);

    /** The published study's comparison is at these shares of DRA's size. */
    private static final double LEAST_SHARE = 0.5;

    private static final double MOST_SHARE = 1.5;

    public DyLora {
        if (rankMin < 1 || rankMax < rankMin) {
            throw InputException.ofSettings(
                    ErrorCode.OUT_OF_RANGE,
                    "DyLoRA's ranks must be at least 1 and in order, not %s to %s",
                    rankMin,
                    rankMax);
        }
        ranks = List.copyOf(ranks);
        for (int rank : ranks) {
            if (rank < rankMin || rank > rankMax) {
                throw InputException.ofSettings(
                        ErrorCode.OUT_OF_RANGE,
                        "DyLoRA trains ranks %s to %s and cannot be judged at %s",
                        rankMin,
                        rankMax,
                        rank);
            }
        }
    }

    @Override
    public boolean isSizable() {
        return true;
    }

    /** Up to the rank nearest to half as much again as {@code mib}, and judged at the ranks nearest to half of it, to it, and to half as much again. */
    @Override
    public DyLora sized(double mib, double factor, double beside, List<LayerSize> layers) {
        List<Integer> sizes = DoubleStream.of(LEAST_SHARE, 1, MOST_SHARE, factor)
                .mapToInt(share -> LayerSize.nearestRank(share * mib - beside, layers, true))
                .sorted()
                .distinct()
                .boxed()
                .toList();
        return new DyLora(1, sizes.get(sizes.size() - 1), frozen, sizes, adapter);
    }

    @Override
    public <R> R match(Cases<R> cases) {
        return cases.dyLora(this);
    }

    @Override
    public String label() {
        return "dylora r=" + rankMin + ".." + rankMax;
    }

    /** The scale at small ranks multiplies each step. */
    @Override
    public double usualRate() {
        return 5e-4;
    }

    /** The factor before {@code B A} when both are cut to {@code rank}. */
    public double scaling(int rank) {
        double usual = adapter.scaling() == LoraScaling.CONSTANT ? 1 : rankMax;
        return adapter.withAlpha(adapter.alpha() == 0 ? usual : adapter.alpha()).scaling(rank);
    }

    /** What the factors of a run, which hold the scale of the greatest rank, are multiplied by when they are cut to {@code rank}. */
    public double rescaling(int rank) {
        return scaling(rank) / scaling(rankMax);
    }

    /** Trainable numbers of the adapters cut to {@code rank}. */
    public static long numbers(Map<String, WeightedLayer> layers, int rank) {
        return ranks(layers, rank).entrySet().stream()
                .mapToLong(e -> (long) e.getValue()
                        * LayerSize.of(e.getKey(), layers.get(e.getKey())).perRank())
                .sum();
    }

    private static Map<String, Integer> ranks(Map<String, WeightedLayer> layers, int rank) {
        Map<String, Integer> ranks = new LinkedHashMap<>();
        layers.forEach((name, layer) ->
                ranks.put(name, Math.min(rank, LayerSize.of(name, layer).fullRank())));
        return ranks;
    }

    @Override
    public double adapterDropout() {
        return adapter.dropout();
    }

    @Override
    public MethodState begin(MethodContext context) {
        RankLimit.LAYER
                .note(rankMax, RankOptions.DEFAULT.max(), context.sizes())
                .ifPresent(context.listener()::onNote);
        return begin(context, context.attach(ranks(context.adaptable(), rankMax), adapter));
    }

    private State begin(MethodContext context, AdapterSet adapters) {
        State state = new State(this, adapters, new Random(Seeds.of(context.seed(), "dylora")));
        state.afterStep();
        return state;
    }

    @Override
    public MethodState resume(MethodContext context, MethodMemory memory, SavedTensors saved) {
        State state = begin(
                context,
                AdapterSet.attach(context.network(), ranks(context.adaptable(), rankMax), adapter, context.seed()));
        state.adapters.load(saved);
        state.skip(memory.as(MethodMemory.Drawn.class).draws());
        return state;
    }

    private static final class State implements AdaptedState {

        private final DyLora method;
        private final AdapterSet adapters;
        private final Random random;
        private long draws;

        State(DyLora method, AdapterSet adapters, Random random) {
            this.method = method;
            this.adapters = adapters;
            this.random = random;
        }

        @Override
        public AdapterSet adapters() {
            return adapters;
        }

        @Override
        public void beforeStep() {
            cut(draw(), method.frozen);
        }

        private int draw() {
            draws++;
            return method.rankMin + random.nextInt(method.rankMax - method.rankMin + 1);
        }

        /** Draws what has been drawn before: the stream cannot be entered in the middle. */
        void skip(long count) {
            while (draws < count) {
                draw();
            }
        }

        @Override
        public Optional<List<Slice>> afterStep() {
            cut(method.rankMax, false);
            return Optional.empty();
        }

        private void cut(int rank, boolean lastOnly) {
            adapters.truncate(rank, method.scaling(rank), lastOnly);
        }

        @Override
        public MethodMemory memory() {
            return new MethodMemory.Drawn(draws);
        }
    }
}
