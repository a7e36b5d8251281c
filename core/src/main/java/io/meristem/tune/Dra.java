package io.meristem.tune;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.meristem.InputException;
import io.meristem.adapter.AdapterHistory;
import io.meristem.adapter.AdapterOptions;
import io.meristem.adapter.AdapterSet;
import io.meristem.adapter.LayerSize;
import io.meristem.adapter.LowRankChange.Factors;
import io.meristem.engine.Seeds;
import io.meristem.nn.LabelledFeed;
import io.meristem.nn.Network;
import io.meristem.rank.Allocation;
import io.meristem.rank.CkaScorer;
import io.meristem.rank.Importance;
import io.meristem.rank.RankOptions;
import io.meristem.rank.Scorer;
import io.meristem.rank.ScorerMemory;
import io.meristem.rank.Subject;
import io.meristem.rank.UpdateTrigger;
import io.meristem.weights.SavedTensors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiFunction;
import org.bytedeco.pytorch.Tensor;

/**
 * Dynamic rank allocation: ranks follow what a scorer sees in each layer; once the adapters change less than they did in the calibration epoch, they are
 * merged and ranks are allocated anew on the merged network (the source's update strategy, RRA).
 *
 * @param updates whether that happens; otherwise ranks stay as they are allocated first
 * @param calibrationEpochs the epoch whose change sets the first threshold
 * @param calibrationBatches photos for measuring: so many batches ...
 * @param calibrationBatchSize ... of this many photos
 */
public record Dra(
        Scorer scorer,
        RankOptions ranks,
        boolean updates,
        int calibrationEpochs,
        int calibrationBatches,
        int calibrationBatchSize,
        AdapterOptions adapter)
        implements Method {

    /** As many as give the ranks that eight give, but for a layer or two (docs/performance.md). */
    public static final int CALIBRATION_BATCHES = 2;

    public static final int CALIBRATION_BATCH_SIZE = 64;

    public static final Dra DEFAULT = new Dra(
            CkaScorer.DEFAULT,
            RankOptions.DEFAULT,
            true,
            5,
            CALIBRATION_BATCHES,
            CALIBRATION_BATCH_SIZE,
            AdapterOptions.DEFAULT);

    public Dra {
        if (calibrationEpochs < 1 || calibrationBatches < 1 || calibrationBatchSize < 4) {
            throw new IllegalArgumentException("calibration needs at least 1 epoch, 1 batch and 4 photos a batch, not "
                    + calibrationEpochs + ", " + calibrationBatches + ", " + calibrationBatchSize);
        }
    }

    /** With the source's scorer and update strategy. */
    public Dra(
            Importance importance,
            RankOptions ranks,
            int calibrationEpochs,
            int calibrationBatches,
            int calibrationBatchSize,
            AdapterOptions adapter) {
        this(
                new CkaScorer(importance),
                ranks,
                true,
                calibrationEpochs,
                calibrationBatches,
                calibrationBatchSize,
                adapter);
    }

    /** From a run's configuration; runs from before there was a choice name the {@code importance} of the one scorer there was, and always update. */
    @JsonCreator
    static Dra read(
            @JsonProperty("scorer") Scorer scorer,
            @JsonProperty("importance") Importance importance,
            @JsonProperty("ranks") RankOptions ranks,
            @JsonProperty("updates") Boolean updates,
            @JsonProperty("calibration_epochs") int calibrationEpochs,
            @JsonProperty("calibration_batches") int calibrationBatches,
            @JsonProperty("calibration_batch_size") int calibrationBatchSize,
            @JsonProperty("adapter") AdapterOptions adapter) {
        Scorer old = importance == null ? CkaScorer.DEFAULT : new CkaScorer(importance);
        return new Dra(
                scorer == null ? old : scorer,
                ranks,
                updates == null || updates,
                calibrationEpochs,
                calibrationBatches,
                calibrationBatchSize,
                adapter);
    }

    @Override
    public String label() {
        return scorer instanceof CkaScorer ? labelWithoutScorer() : label("dra " + scorer.label());
    }

    /** What it is called where its scorer goes without saying. */
    public String labelWithoutScorer() {
        return label("dra");
    }

    private String label(String signal) {
        return updates ? signal : signal + " fixed";
    }

    @Override
    public boolean isSizable() {
        return true;
    }

    /** With a budget, which holds what trains beside the factors too. */
    @Override
    public Dra sized(double mib, double factor, double beside, List<LayerSize> layers) {
        RankOptions bounded = new RankOptions(ranks.min(), ranks.max(), factor * mib, ranks.costAware());
        return new Dra(scorer, bounded, updates, calibrationEpochs, calibrationBatches, calibrationBatchSize, adapter);
    }

    /** With another scorer. */
    public Dra following(Scorer other) {
        return new Dra(other, ranks, updates, calibrationEpochs, calibrationBatches, calibrationBatchSize, adapter);
    }

    @Override
    public double adapterDropout() {
        return adapter.dropout();
    }

    @Override
    public MethodState begin(MethodContext context) {
        return new State(this, context);
    }

    /**
     * Looks at the network as a run that starts with it would, and shares out ranks.
     *
     * @param beside numbers of the budget that are not for ranks
     */
    public Allocation allocate(
            Network network,
            HeadPolicy head,
            BiFunction<Integer, Integer, LabelledFeed> calibration,
            long seed,
            long beside) {
        return allocate(network, head, calibration, seed, beside, 0, ScorerMemory.NONE);
    }

    private Allocation allocate(
            Network network,
            HeadPolicy head,
            BiFunction<Integer, Integer, LabelledFeed> calibration,
            long seed,
            long beside,
            int round,
            ScorerMemory memory) {
        LabelledFeed photos = calibration.apply(calibrationBatches, calibrationBatchSize);
        RankOptions left = left(ranks.on(network), beside);
        Subject subject = new Subject(network, head.adapted(network), photos, left, seed, round);
        if (round > 0 || !scorer.needsFittedHead()) {
            return Allocation.of(subject, scorer, memory);
        }
        try (FittedHead fitted = new FittedHead(network, calibration)) {
            return Allocation.of(subject, scorer, memory);
        }
    }

    /** The bounds of ranks, with what trains beside them taken out of the budget in MiB. */
    private static RankOptions left(RankOptions all, long beside) {
        if (all.budgetMib() == 0 || beside == 0) {
            return all;
        }
        double left = all.budgetMib() - LayerSize.mib(beside);
        if (left <= 0) {
            throw new InputException(String.format(
                    Locale.ROOT,
                    "A budget of %.4f MiB has no room for ranks: what trains of the normalisation takes %.4f MiB alone. Give a larger --budget, or leave --train-norm out.",
                    all.budgetMib(),
                    LayerSize.mib(beside)));
        }
        return new RankOptions(all.min(), all.max(), left, all.costAware());
    }

    @Override
    public MethodState resume(MethodContext context, MethodMemory memory, SavedTensors saved) {
        return new State(this, context, memory.as(MethodMemory.Allocated.class), saved);
    }

    private static final class State implements MethodState {

        private final Dra dra;
        private final MethodContext context;
        private final UpdateTrigger trigger;
        private final AdapterHistory merged = new AdapterHistory();
        private AdapterSet adapters;
        private ScorerMemory memory = ScorerMemory.NONE;
        private int generation;

        State(Dra dra, MethodContext context, MethodMemory.Allocated memory, SavedTensors saved) {
            this.dra = dra;
            this.context = context;
            double threshold = memory.threshold() == null ? Double.NaN : memory.threshold();
            this.trigger = new UpdateTrigger(new UpdateTrigger.State(dra.calibrationEpochs, threshold));
            this.memory = memory.scorer();
            this.generation = memory.generation();
            merged.load(context.network().weightedLayers().keySet(), saved);
            // What A and B start from is overwritten.
            adapters = AdapterSet.attach(context.network(), memory.ranks(), dra.adapter, context.seed());
            try {
                adapters.load(saved);
            } catch (RuntimeException e) {
                adapters.close();
                throw e;
            }
        }

        State(Dra dra, MethodContext context) {
            this.dra = dra;
            this.context = context;
            this.trigger = new UpdateTrigger(dra.calibrationEpochs);
            if (dra.updates && dra.calibrationEpochs > context.epochs() - 2) {
                context.listener()
                        .onNote("Ranks stay as they are allocated first: calibration ends with epoch "
                                + dra.calibrationEpochs + " of " + context.epochs()
                                + ", and an update needs an epoch after that to follow and one more to train.");
            }
            attach(1);
        }

        private void attach(int firstEpoch) {
            Allocation allocation = dra.allocate(
                    context.network(),
                    context.head(),
                    context.calibration(),
                    context.seed(),
                    context.beside(),
                    generation,
                    memory);
            memory = allocation.memory();
            allocation.note().ifPresent(context.listener()::onNote);
            adapters = context.attach(
                    allocation.ranks(),
                    dra.adapter,
                    Seeds.of(context.seed(), "generation", generation),
                    dra.calibrationBatches,
                    dra.calibrationBatchSize);
            context.listener().onAllocation(firstEpoch, allocation);
            generation++;
        }

        @Override
        public List<Tensor> parameters() {
            return adapters.parameters();
        }

        @Override
        public long numbers() {
            return adapters.numbers();
        }

        @Override
        public AdapterSet adapters() {
            return adapters;
        }

        @Override
        public Map<String, Factors> update() {
            return merged.with(adapters);
        }

        @Override
        public EpochEnd endEpoch(int epoch) {
            double change = adapters.changeSinceLastCall();
            if (!dra.updates) {
                return new EpochEnd(change, Double.NaN, false);
            }
            boolean update = trigger.afterEpoch(epoch, change) && epoch < context.epochs();
            double threshold = trigger.state().threshold();
            if (update) {
                merged.add(adapters);
                adapters.merge();
                adapters.close();
                context.afterMerge().run();
                attach(epoch + 1);
            }
            return new EpochEnd(change, threshold, update);
        }

        @Override
        public MethodMemory memory() {
            double threshold = trigger.state().threshold();
            Map<String, Integer> ranks = new LinkedHashMap<>();
            adapters.adapters().forEach((name, adapter) -> ranks.put(name, adapter.rank()));
            return new MethodMemory.Allocated(Double.isNaN(threshold) ? null : threshold, generation, ranks, memory);
        }

        @Override
        public void save(Map<String, Tensor> tensors) {
            adapters.save(tensors);
            merged.save(tensors);
        }

        @Override
        public boolean changesNetwork() {
            return generation > 1;
        }

        @Override
        public void close() {
            adapters.close();
        }
    }
}
