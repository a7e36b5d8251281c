package io.meristem.tune;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonTypeName;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Setting;
import io.meristem.adapter.AdapterOptions;
import io.meristem.adapter.LayerSize;
import io.meristem.adapter.LowRankChange.Factors;
import io.meristem.execute.LabelledFeed;
import io.meristem.execute.Network;
import io.meristem.rank.Allocation;
import io.meristem.rank.CkaScorer;
import io.meristem.rank.GradientScorer;
import io.meristem.rank.Importance;
import io.meristem.rank.RankOptions;
import io.meristem.rank.Scorer;
import io.meristem.rank.ScorerMemory;
import io.meristem.rank.ScoringContext;
import io.meristem.weights.SavedTensors;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/**
 * Dynamic rank allocation: ranks follow what a scorer sees in each layer. With the source's update strategy (RRA), once the adapters change less than they did in the
 * calibration epoch, they are merged and ranks are allocated anew on the merged network.
 *
 * @param updates whether ranks are allocated anew during training, when, and what becomes of the adapters then
 * @param calibrationEpochs the epoch whose change sets the first threshold
 * @param calibrationBatches photos for measuring: so many batches ...
 * @param calibrationBatchSize ... of this many photos
 */
@JsonTypeName("dra")
public record Dra(
        Scorer scorer,
        RankOptions ranks,
        Updates updates,
        int calibrationEpochs,
        int calibrationBatches,
        int calibrationBatchSize,
        AdapterOptions adapter)
        implements Method {

    /** As many as give the ranks that eight give, but for a layer or two (docs/performance.md). */
    public static final int CALIBRATION_BATCHES = 2;

    public static final int CALIBRATION_BATCH_SIZE = 64;

    private static final int USUAL_RANK = 4;

    /** What did best here (docs/performance.md): ranks follow the gradient once, at the size of rank 4 everywhere. */
    public static final Dra DEFAULT = new Dra(
            new GradientScorer(),
            RankOptions.likeRank(USUAL_RANK),
            Updates.NONE,
            5,
            CALIBRATION_BATCHES,
            CALIBRATION_BATCH_SIZE,
            AdapterOptions.DEFAULT);

    /** As the published study has it. */
    public static final Dra PAPER = new Dra(
            CkaScorer.DEFAULT,
            RankOptions.DEFAULT,
            Updates.MERGING,
            5,
            CALIBRATION_BATCHES,
            CALIBRATION_BATCH_SIZE,
            AdapterOptions.PAPER);

    public Dra {
        if (calibrationEpochs < 1 || calibrationBatches < 1 || calibrationBatchSize < 4) {
            throw InputException.ofSettings(
                    ErrorCode.OUT_OF_RANGE,
                    "calibration needs at least 1 epoch, 1 batch and 4 photos a batch (%s, %s, %s), not %s, %s, %s",
                    Setting.CALIBRATION_EPOCHS,
                    Setting.CALIBRATION_BATCHES,
                    Setting.CALIBRATION_BATCH,
                    calibrationEpochs,
                    calibrationBatches,
                    calibrationBatchSize);
        }
        if (scorer != null && scorer.needsTraining() && updates != null && !updates.givesRanks()) {
            throw InputException.ofSettings(
                    ErrorCode.CONFLICTING_SETTINGS,
                    "the scorer %s gives all layers equal ranks until an update gives others, and none does: take the scorer uniform, or updates (%s) that give ranks anew",
                    scorer.label(),
                    Setting.UPDATES);
        }
    }

    /** From a run's configuration; runs from before there was a choice name the {@code importance} of the one scorer there was, and always update. */
    @JsonCreator
    static Dra read(
            @JsonProperty("scorer") Scorer scorer,
            @JsonProperty("importance") Importance importance,
            @JsonProperty("ranks") RankOptions ranks,
            @JsonProperty("updates") Updates updates,
            @JsonProperty("calibration_epochs") int calibrationEpochs,
            @JsonProperty("calibration_batches") int calibrationBatches,
            @JsonProperty("calibration_batch_size") int calibrationBatchSize,
            @JsonProperty("adapter") AdapterOptions adapter) {
        Scorer old = importance == null ? CkaScorer.DEFAULT : new CkaScorer(importance);
        return new Dra(
                scorer == null ? old : scorer,
                ranks,
                updates == null ? Updates.MERGING : updates,
                calibrationEpochs,
                calibrationBatches,
                calibrationBatchSize,
                adapter);
    }

    @Override
    public <R> R match(Cases<R> cases) {
        return cases.dra(this);
    }

    @Override
    public String label() {
        return label(!(scorer instanceof CkaScorer), true);
    }

    /**
     * What it is called where something goes without saying.
     *
     * @param ofScorer whether the scorer is named
     * @param ofUpdates whether updates are
     */
    public String label(boolean ofScorer, boolean ofUpdates) {
        return (ofScorer ? "dra " + scorer.label() : "dra") + (ofUpdates ? updates.suffix() : "");
    }

    @Override
    public boolean isSizable() {
        return true;
    }

    /** With a budget, which holds what trains beside the factors too. */
    @Override
    public Dra sized(double mib, double factor, double beside, List<LayerSize> layers) {
        return withRanks(new RankOptions(ranks.min(), ranks.max(), factor * mib, ranks.costAware()));
    }

    /** With other adapters. */
    public Dra with(AdapterOptions other) {
        return new Dra(scorer, ranks, updates, calibrationEpochs, calibrationBatches, calibrationBatchSize, other);
    }

    /** With another scorer. */
    public Dra withScorer(Scorer newScorer) {
        return new Dra(newScorer, ranks, updates, calibrationEpochs, calibrationBatches, calibrationBatchSize, adapter);
    }

    /** With other bounds of ranks. */
    public Dra withRanks(RankOptions newRanks) {
        return new Dra(scorer, newRanks, updates, calibrationEpochs, calibrationBatches, calibrationBatchSize, adapter);
    }

    /** With other updates. */
    public Dra withUpdates(Updates newUpdates) {
        return new Dra(scorer, ranks, newUpdates, calibrationEpochs, calibrationBatches, calibrationBatchSize, adapter);
    }

    /** With another epoch whose change sets the threshold, and other photos for measuring. */
    public Dra withCalibration(int newCalibrationEpochs, int newCalibrationBatches, int newCalibrationBatchSize) {
        return new Dra(
                scorer, ranks, updates, newCalibrationEpochs, newCalibrationBatches, newCalibrationBatchSize, adapter);
    }

    @Override
    public double heldShare() {
        return updates.heldShare();
    }

    @Override
    public double adapterDropout() {
        return adapter.dropout();
    }

    @Override
    public MethodState begin(MethodContext context) {
        return new DraState(this, context);
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
        return first(network, head, calibration, seed, beside, updates.startSize());
    }

    /** @param factor of the size over the budget, or over what the scorer answers with */
    Allocation first(
            Network network,
            HeadPolicy head,
            BiFunction<Integer, Integer, LabelledFeed> calibration,
            long seed,
            long beside,
            double factor) {
        RankOptions all = ranks.on(network, LayerSize.of(head.adapted(network)));
        if (all.bounded()) {
            RankOptions ofRanks = left(all, beside, factor);
            Allocation shared = look(network, head, calibration, ofRanks, seed, 0, ScorerMemory.NONE, Map.of());
            requireRanks(shared, ofRanks);
            return shared;
        }
        if (factor == 1) {
            return look(network, head, calibration, all, seed, 0, ScorerMemory.NONE, Map.of());
        }
        Allocation own = look(network, head, calibration, all, seed, 0, ScorerMemory.NONE, Map.of());
        double mib = factor * LayerSize.mib(own.numbers());
        RankOptions other = mib == 0 ? all : new RankOptions(all.min(), all.max(), mib, all.costAware());
        return look(network, head, calibration, other, seed, 0, ScorerMemory.NONE, Map.of());
    }

    /** A budget that no layer can use would leave the head to train alone. */
    private static void requireRanks(Allocation shared, RankOptions options) {
        if (shared.numbers() > 0) {
            return;
        }
        int least = shared.rows().stream()
                .mapToInt(row -> row.layer().perRank())
                .min()
                .orElseThrow();
        throw new InputException(
                ErrorCode.OUT_OF_RANGE,
                "A budget of %.4f MiB buys no rank on the layers that would get one; a rank of the cheapest layer takes %.4f MiB: give a larger %s.",
                options.budgetMib(),
                LayerSize.mib(least),
                Setting.BUDGET);
    }

    Allocation look(
            Network network,
            HeadPolicy head,
            BiFunction<Integer, Integer, LabelledFeed> calibration,
            RankOptions options,
            long seed,
            int round,
            ScorerMemory memory,
            Map<String, Factors> trained) {
        LabelledFeed photos = calibration.apply(calibrationBatches, calibrationBatchSize);
        ScoringContext subject =
                new ScoringContext(network, head.adapted(network), photos, options, seed, round, trained);
        if (round > 0 || !scorer.needsFittedHead()) {
            return Allocation.of(subject, scorer, memory);
        }
        try (FittedHead fitted = new FittedHead(network, calibration)) {
            return Allocation.of(subject, scorer, memory);
        }
    }

    /** The bounds of ranks, with what trains beside them taken out of {@code factor} times the budget in MiB. */
    static RankOptions left(RankOptions all, long beside, double factor) {
        if (all.budgetMib() == 0 || beside == 0 && factor == 1) {
            return all;
        }
        double left = factor * all.budgetMib() - LayerSize.mib(beside);
        if (left <= 0) {
            throw new InputException(
                    ErrorCode.OUT_OF_RANGE,
                    "A budget of %.4f MiB has no room for ranks: what trains of the normalisation takes %.4f MiB alone. Give a larger %s, or leave %s out.",
                    factor * all.budgetMib(),
                    LayerSize.mib(beside),
                    Setting.BUDGET,
                    Setting.TRAIN_NORM.the());
        }
        return new RankOptions(all.min(), all.max(), left, all.costAware());
    }

    @Override
    public MethodState resume(MethodContext context, MethodMemory memory, SavedTensors saved) {
        return new DraState(this, context, memory.as(MethodMemory.Allocated.class), saved);
    }
}
