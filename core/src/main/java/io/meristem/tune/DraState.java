package io.meristem.tune;

import io.meristem.adapter.AdapterHistory;
import io.meristem.adapter.AdapterSet;
import io.meristem.adapter.Inherited;
import io.meristem.adapter.LowRankAdapter;
import io.meristem.adapter.LowRankChange.Factors;
import io.meristem.engine.Seeds;
import io.meristem.execute.Network;
import io.meristem.rank.Allocation;
import io.meristem.rank.RankOptions;
import io.meristem.rank.ScorerMemory;
import io.meristem.rank.SettledTrigger;
import io.meristem.rank.UpdateTrigger;
import io.meristem.weights.SavedTensors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/** DRA in training: its adapters, when it gives their ranks anew, and what becomes of them then. */
final class DraState implements MethodState {

    private static final double PERCENT = 100;

    private final Dra dra;
    private final MethodContext context;
    private final Updates updates;
    private final UpdateTrigger falling;
    private final SettledTrigger settled;
    private final int first;
    private final int last;
    private final AdapterHistory merged = new AdapterHistory();
    private AdapterSet adapters;
    private ScorerMemory memory;
    private int generation;
    private int updated;

    /** At the beginning, or as it was. */
    private DraState(
            Dra dra,
            MethodContext context,
            double threshold,
            SettledTrigger.State settled,
            ScorerMemory memory,
            int generation,
            int updated) {
        this.dra = dra;
        this.context = context;
        this.updates = dra.updates();
        this.falling = new UpdateTrigger(new UpdateTrigger.State(dra.calibrationEpochs(), threshold));
        this.first = updates.first(dra.calibrationEpochs(), context.epochs());
        this.last = updates.last(context.epochs(), stepsPerEpoch());
        this.settled = new SettledTrigger(dra.calibrationEpochs(), last, settled);
        this.memory = memory;
        this.generation = generation;
        this.updated = updated;
    }

    DraState(Dra dra, MethodContext context, MethodMemory.Allocated memory, SavedTensors saved) {
        this(
                dra,
                context,
                memory.threshold() == null ? Double.NaN : memory.threshold(),
                memory.settled() == null ? SettledTrigger.State.START : memory.settled(),
                memory.scorer(),
                memory.generation(),
                memory.updated() == null ? 0 : memory.updated());
        merged.load(context.network().weightedLayers().keySet(), saved);
        // What A and B start from is overwritten.
        adapters = AdapterSet.attach(context.network(), memory.ranks(), dra.adapter(), context.seed());
        try {
            adapters.load(saved);
        } catch (RuntimeException e) {
            adapters.close();
            throw e;
        }
    }

    DraState(Dra dra, MethodContext context) {
        this(dra, context, Double.NaN, SettledTrigger.State.START, ScorerMemory.NONE, 0, 0);
        boolean planned = first <= last;
        if (updates.any() && !planned) {
            context.listener()
                    .onNote("Ranks stay as they are allocated first: "
                            + updates.whyNone(dra.calibrationEpochs(), context.epochs(), stepsPerEpoch()) + ".");
        }
        Allocation allocation = dra.first(
                context.network(),
                context.head(),
                context.calibration(),
                context.seed(),
                context.beside(),
                planned ? updates.startSize() : 1);
        tell(allocation);
        attach(1, allocation);
    }

    private int stepsPerEpoch() {
        return Math.max(1, context.steps() / context.epochs());
    }

    /** Has the scorer look at the network, with what has been trained in its weights, and tells of what it says. */
    private Allocation allocate(Map<String, Factors> trained) {
        RankOptions left = Dra.left(dra.ranks().on(context.network(), context.sizes()), context.beside(), 1);
        Allocation allocation = dra.look(
                context.network(),
                context.head(),
                context.calibration(),
                left,
                context.seed(),
                generation,
                memory,
                trained);
        tell(allocation);
        return allocation;
    }

    private void tell(Allocation allocation) {
        memory = allocation.memory();
        allocation.note().ifPresent(context.listener()::onNote);
    }

    /** Starts adapters of the ranks that have been allocated. */
    private void attach(int firstEpoch, Allocation allocation) {
        start(allocation.ranks());
        context.listener().onAllocation(firstEpoch, allocation);
    }

    /** Starts adapters of these ranks. */
    private void start(Map<String, Integer> ranks) {
        adapters =
                context.attach(ranks, dra.adapter(), drawnFrom(), dra.calibrationBatches(), dra.calibrationBatchSize());
        generation++;
    }

    private long drawnFrom() {
        return Seeds.of(context.seed(), "generation", generation);
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

    /** A size that is over the budget is not. */
    @Override
    public boolean settled() {
        return updates.startSize() <= 1 || updated > 0 || first > last;
    }

    @Override
    public double rateFactor(int steps) {
        int warm = updates.warmSteps(stepsPerEpoch());
        if (warm == 0 || updated == 0) {
            return 1;
        }
        return Math.min(1, (steps - updated * stepsPerEpoch() + 0.5) / warm);
    }

    @Override
    public EpochEnd endEpoch(int epoch, double rate) {
        double change = adapters.changeSinceLastCall();
        if (!updates.any()) {
            return EpochEnd.kept(change, Double.NaN);
        }
        boolean asked = asked(epoch, change, rate);
        double threshold = threshold();
        if (!asked || epoch > last || generation > updates.most()) {
            return EpochEnd.kept(change, threshold);
        }
        updated = epoch;
        List<Inherited> inherited = updates.way().carries() ? carry(epoch) : merge(epoch);
        return new EpochEnd(change, threshold, true, inherited);
    }

    private boolean asked(int epoch, double change, double rate) {
        return switch (updates.when()) {
            case FALLING -> falling.afterEpoch(epoch, change);
            case SETTLED -> settled.afterEpoch(epoch, change, rate);
            case ONCE -> epoch == first;
        };
    }

    private double threshold() {
        return switch (updates.when()) {
            case FALLING -> falling.state().threshold();
            case SETTLED -> settled.threshold();
            case ONCE -> Double.NaN;
        };
    }

    /** @return null: nothing is carried over */
    private List<Inherited> merge(int epoch) {
        Map<String, Factors> trained = adapters.factors();
        Map<String, Integer> ranks = ranks();
        merged.add(adapters);
        adapters.merge();
        adapters.close();
        context.afterMerge().run();
        if (updates.way() == Updates.Kind.RESTART) {
            start(ranks);
            context.listener()
                    .onNote("Update after epoch " + epoch
                            + ": adapters are merged and start anew with the ranks that they had.");
            return null;
        }
        attach(epoch + 1, allocate(trained));
        if (updates.way() == Updates.Kind.WARM) {
            context.listener()
                    .onNote("Update after epoch " + epoch
                            + ": adapters are merged, new ones start, and learning rates grow again over "
                            + updates.warmSteps(stepsPerEpoch()) + " steps.");
        }
        return null;
    }

    /** @return what the parameters are made of */
    private List<Inherited> carry(int epoch) {
        Network network = context.network();
        Map<String, Factors> trained = adapters.factors();
        try (PointerScope scope = new PointerScope()) {
            Map<String, Tensor> directions = new LinkedHashMap<>();
            Allocation allocation = adapters.asMerged(network, () -> {
                Allocation seen = allocate(trained);
                Map<String, Integer> growing = new LinkedHashMap<>(seen.ranks());
                growing.keySet().removeIf(name -> seen.ranks().get(name) <= rank(name));
                directions.putAll(context.directions(
                        growing, dra.adapter(), dra.calibrationBatches(), dra.calibrationBatchSize()));
                return seen;
            });
            AdapterSet.Carried carried = adapters.carry(
                    network,
                    allocation.ranks(),
                    dra.adapter(),
                    drawnFrom(),
                    updates.way() == Updates.Kind.CARRY,
                    directions);
            context.listener().onAllocation(epoch + 1, allocation);
            generation++;
            context.listener().onNote(words(epoch, carried));
            return carried.inherited();
        }
    }

    private static String words(int epoch, AdapterSet.Carried carried) {
        String ranks = carried.least() == carried.most()
                ? "rank " + carried.most()
                : "ranks " + carried.least() + " to " + carried.most();
        String lost = carried.shrank() == 0
                ? ""
                : String.format(Locale.ROOT, "; what was dropped held %.2f %% of the update", PERCENT * carried.lost());
        return String.format(
                Locale.ROOT,
                "Update after epoch %d: %s carried over, %s grew, %d shrank%s.",
                epoch,
                ranks,
                carried.grew() == 1 ? "1 layer" : carried.grew() + " layers",
                carried.shrank(),
                lost);
    }

    private int rank(String layer) {
        LowRankAdapter adapter = adapters.adapters().get(layer);
        return adapter == null ? 0 : adapter.rank();
    }

    private Map<String, Integer> ranks() {
        Map<String, Integer> ranks = new LinkedHashMap<>();
        adapters.adapters().forEach((name, adapter) -> ranks.put(name, adapter.rank()));
        return ranks;
    }

    @Override
    public MethodMemory memory() {
        double threshold = falling.state().threshold();
        return new MethodMemory.Allocated(
                Double.isNaN(threshold) ? null : threshold,
                generation,
                ranks(),
                memory,
                updated == 0 ? null : updated,
                updates.when() == Updates.When.SETTLED ? settled.state() : null);
    }

    @Override
    public void save(Map<String, Tensor> tensors) {
        adapters.save(tensors);
        merged.save(tensors);
    }

    @Override
    public boolean changesNetwork() {
        return generation > 1 && updates.way().merges();
    }

    @Override
    public void close() {
        adapters.close();
    }
}
