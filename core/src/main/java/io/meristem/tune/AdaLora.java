package io.meristem.tune;

import com.fasterxml.jackson.annotation.JsonTypeName;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Setting;
import io.meristem.adapter.AdapterOptions;
import io.meristem.adapter.AdapterSet;
import io.meristem.adapter.LayerSize;
import io.meristem.adapter.LoraInit;
import io.meristem.adapter.RankLimit;
import io.meristem.adapter.Slice;
import io.meristem.adapter.TripletScores;
import io.meristem.adapter.TripletSet;
import io.meristem.engine.Tensors;
import io.meristem.rank.CubicBudget;
import io.meristem.rank.TripletChoice;
import io.meristem.weights.SavedTensors;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * AdaLoRA (Zhang et al. 2023): updates {@code P diag(lambda) Q}, of which the less important triplets are pruned step by step until a budget is kept.
 *
 * @param initRank given to every layer at first, or the layer's full rank where that is less
 * @param targetRank mean over the layers of the rank that is left; 0 where {@code budgetMib} says it
 * @param budgetMib what is left at most, in MiB of float32, counting P, lambda and Q; 0 where {@code targetRank} says it
 * @param initShare share of all steps before the first pruning
 * @param finalShare share of all steps after the last
 * @param interval steps between two prunings
 * @param beta1 how much of the smoothed sensitivity each step keeps
 * @param beta2 how much of the smoothed uncertainty each step keeps
 * @param orthogonality weight of the penalty that draws the columns of P and the rows of Q towards orthonormal ones
 * @param adapter alpha counts for {@code initRank} and all layers, and the scale stays when triplets go
 */
@JsonTypeName("adalora")
public record AdaLora(
        int initRank,
        int targetRank,
        double budgetMib,
        double initShare,
        double finalShare,
        int interval,
        double beta1,
        double beta2,
        double orthogonality,
        AdapterOptions adapter)
        implements Method {

    /** As PEFT has it: from rank 12 to a mean of 8. */
    public static final AdaLora DEFAULT = of(12, 8, 0);

    /** Ranks at the start over the mean that is left, as in the default. */
    private static final double START = 1.5;

    /** With the usual schedule and smoothing. */
    public static AdaLora of(int initRank, int targetRank, double budgetMib) {
        return new AdaLora(initRank, targetRank, budgetMib, 0.1, 0.3, 10, 0.85, 0.85, 0.5, AdapterOptions.PAPER);
    }

    public AdaLora {
        if (initRank < 1 || targetRank < 0 || targetRank > initRank) {
            throw InputException.ofSettings(
                    ErrorCode.OUT_OF_RANGE,
                    "AdaLoRA's ranks (%s, %s) must be at least 1 and fall, not from %s to %s",
                    Setting.INIT_RANK,
                    Setting.TARGET_RANK,
                    initRank,
                    targetRank);
        }
        if (!(budgetMib >= 0) || Double.isInfinite(budgetMib) || (budgetMib > 0) == (targetRank > 0)) {
            throw InputException.ofSettings(
                    ErrorCode.CONFLICTING_SETTINGS,
                    "AdaLoRA needs a target rank (%s) or a budget in MiB (%s), one of them, not %s and %s",
                    Setting.TARGET_RANK,
                    Setting.BUDGET,
                    targetRank,
                    budgetMib);
        }
        if (!(initShare >= 0 && finalShare >= 0 && initShare + finalShare < 1)) {
            throw InputException.ofSettings(
                    ErrorCode.OUT_OF_RANGE,
                    "the shares of steps before and after pruning (%s, %s) must not be negative and leave some for it, not %s and %s",
                    Setting.T_INIT,
                    Setting.T_FINAL,
                    initShare,
                    finalShare);
        }
        if (interval < 1) {
            throw InputException.ofSettings(
                    ErrorCode.OUT_OF_RANGE,
                    "prunings (%s) must be at least 1 step apart, not %s",
                    Setting.DELTA_T,
                    interval);
        }
        if (!(beta1 > 0 && beta1 < 1 && beta2 > 0 && beta2 < 1)) {
            throw InputException.ofSettings(
                    ErrorCode.OUT_OF_RANGE,
                    "%s and %s must lie in (0, 1), not %s and %s",
                    Setting.BETA1,
                    Setting.BETA2,
                    beta1,
                    beta2);
        }
        if (!(orthogonality >= 0) || Double.isInfinite(orthogonality)) {
            throw InputException.ofSettings(
                    ErrorCode.OUT_OF_RANGE,
                    "%s must be finite and not negative, not %s",
                    Setting.ORTHOGONALITY.the(),
                    orthogonality);
        }
        if (adapter != null && adapter.initLoraWeights() != LoraInit.GAUSSIAN) {
            throw InputException.ofSettings(
                    ErrorCode.CONFLICTING_SETTINGS,
                    "AdaLoRA draws P and Q, and lambda starts at zero: leave %s at gaussian",
                    Setting.INIT_LORA_WEIGHTS.the());
        }
        if (adapter != null && adapter.relative()) {
            throw InputException.ofSettings(
                    ErrorCode.CONFLICTING_SETTINGS,
                    "AdaLoRA keeps P near orthonormal, so its rows have no scales of their own: leave %s out",
                    Setting.LORA_RELATIVE.the());
        }
    }

    /** With other shares of steps before and after pruning. */
    public AdaLora withShares(double newInitShare, double newFinalShare) {
        return new AdaLora(
                initRank,
                targetRank,
                budgetMib,
                newInitShare,
                newFinalShare,
                interval,
                beta1,
                beta2,
                orthogonality,
                adapter);
    }

    /** With prunings so many steps apart. */
    public AdaLora withInterval(int newInterval) {
        return new AdaLora(
                initRank,
                targetRank,
                budgetMib,
                initShare,
                finalShare,
                newInterval,
                beta1,
                beta2,
                orthogonality,
                adapter);
    }

    /** With sensitivities smoothed otherwise. */
    public AdaLora withBetas(double newBeta1, double newBeta2) {
        return new AdaLora(
                initRank,
                targetRank,
                budgetMib,
                initShare,
                finalShare,
                interval,
                newBeta1,
                newBeta2,
                orthogonality,
                adapter);
    }

    /** With another weight of orthogonality. */
    public AdaLora withOrthogonality(double newOrthogonality) {
        return new AdaLora(
                initRank,
                targetRank,
                budgetMib,
                initShare,
                finalShare,
                interval,
                beta1,
                beta2,
                newOrthogonality,
                adapter);
    }

    /** With other adapters. */
    public AdaLora with(AdapterOptions newAdapter) {
        return new AdaLora(
                initRank,
                targetRank,
                budgetMib,
                initShare,
                finalShare,
                interval,
                beta1,
                beta2,
                orthogonality,
                newAdapter);
    }

    @Override
    public <R> R match(Cases<R> cases) {
        return cases.adaLora(this);
    }

    @Override
    public String label() {
        return targetRank > 0
                ? "adalora r=" + initRank + ".." + targetRank
                : String.format(Locale.ROOT, "adalora r=%d..%.2f MiB", initRank, budgetMib);
    }

    /** Lambda has to grow from zero before P and Q have any effect. */
    @Override
    public double usualRate() {
        return 1e-2;
    }

    @Override
    public boolean hasRates() {
        return false;
    }

    @Override
    public boolean isSizable() {
        return true;
    }

    /** With a budget, and a start with half as much again. */
    @Override
    public AdaLora sized(double mib, double factor, double beside, List<LayerSize> layers) {
        int start = (int) Math.ceil(START * LayerSize.nearestRank(factor * mib - beside, layers, true));
        return new AdaLora(
                start, 0, factor * mib, initShare, finalShare, interval, beta1, beta2, orthogonality, adapter);
    }

    @Override
    public double adapterDropout() {
        return adapter.dropout();
    }

    @Override
    public MethodState begin(MethodContext context) {
        RankLimit.LAYER.note(initRank, DEFAULT.initRank, context.sizes()).ifPresent(context.listener()::onNote);
        State state = start(context);
        state.tellStart();
        return state;
    }

    @Override
    public MethodState resume(MethodContext context, MethodMemory memory, SavedTensors saved) {
        State state = start(context);
        try {
            state.load(memory.as(MethodMemory.Pruned.class), saved);
            return state;
        } catch (RuntimeException e) {
            state.close();
            throw e;
        }
    }

    private State start(MethodContext context) {
        Map<String, Integer> ranks = new LinkedHashMap<>();
        context.adaptable()
                .forEach((name, layer) -> ranks.put(
                        name, Math.min(initRank, LayerSize.of(name, layer).fullRank())));
        TripletSet triplets = TripletSet.attach(
                context.network(), ranks, adapter.scaling(initRank), adapter.dropout(), context.seed());
        try {
            return new State(this, context, triplets);
        } catch (RuntimeException e) {
            triplets.close();
            throw e;
        }
    }

    /**
     * In triplets, or in numbers where MiB are given.
     *
     * @param beside numbers of the budget that are not the triplets'
     */
    private CubicBudget budget(int[] costs, int layers, int steps, long beside) {
        long start = Arrays.stream(costs).asLongStream().sum();
        long target =
                budgetMib > 0 ? (long) (budgetMib * LayerSize.NUMBERS_PER_MIB) - beside : (long) targetRank * layers;
        int least = Arrays.stream(costs).min().orElse(0);
        if (target < least) {
            throw new InputException(
                    ErrorCode.OUT_OF_RANGE,
                    "A budget of %s MiB holds no triplet at all, the smallest takes %.5f MiB%s: give a larger %s.",
                    budgetMib,
                    LayerSize.mib(least),
                    beside > 0
                            ? String.format(
                                    Locale.ROOT,
                                    " and what trains of the normalisation %.5f MiB",
                                    LayerSize.mib(beside))
                            : "",
                    Setting.BUDGET);
        }
        return new CubicBudget(
                start, Math.min(start, target), steps, (int) (initShare * steps), (int) (finalShare * steps), interval);
    }

    static final class State implements AdaptedState {

        private final AdaLora method;
        private final MethodContext context;
        private final TripletSet triplets;
        private final TripletScores scores;
        private final CubicBudget budget;
        private final int[] costs;
        private boolean[] kept;
        private boolean[] left;
        private int step;

        State(AdaLora method, MethodContext context, TripletSet triplets) {
            this.method = method;
            this.context = context;
            this.triplets = triplets;
            this.scores = new TripletScores(method.beta1, method.beta2);
            int[] numbers = triplets.costs();
            costs = method.budgetMib > 0
                    ? numbers
                    : Arrays.stream(numbers).map(n -> 1).toArray();
            kept = new boolean[costs.length];
            Arrays.fill(kept, true);
            budget = method.budget(costs, context.adaptable().size(), context.steps(), context.beside());
        }

        void tellStart() {
            if (budget.target() == budget.start()) {
                context.listener().onNote("Nothing will be pruned: all triplets together are within AdaLoRA's target.");
            }
            tellRanks();
        }

        @Override
        public MethodMemory memory() {
            return new MethodMemory.Pruned(
                    step, MethodMemory.Pruned.digits(kept), left == null ? null : MethodMemory.Pruned.digits(left));
        }

        @Override
        public void save(Map<String, Tensor> tensors) {
            triplets.save(tensors);
            scores.save(tensors);
        }

        /** From the state of the beginning to the one that was saved. */
        void load(MethodMemory.Pruned memory, SavedTensors saved) {
            step = memory.step();
            if (memory.left() != null) {
                left = MethodMemory.Pruned.flags(memory.left(), triplets.size());
                triplets.prune(left);
            }
            kept = MethodMemory.Pruned.flags(memory.kept(), triplets.size());
            triplets.load(saved);
            scores.load(saved);
        }

        CubicBudget budget() {
            return budget;
        }

        /** Of every triplet; until the budget is reached. */
        double[] scores() {
            return scores.scores(triplets);
        }

        /** What the last pruning kept; all before the first, and from the last one on. */
        boolean[] kept() {
            return kept.clone();
        }

        private void tellRanks() {
            int epoch = step == 0 ? 1 : (step - 1) / (context.steps() / context.epochs()) + 1;
            context.listener().onRanks(epoch, triplets.ranks(context.adaptable()));
        }

        @Override
        public List<Tensor> parameters() {
            return triplets.parameters();
        }

        @Override
        public long numbers() {
            int[] numbers = triplets.costs();
            long sum = 0;
            for (int i = 0; i < numbers.length; i++) {
                sum += kept[i] ? numbers[i] : 0;
            }
            return sum;
        }

        @Override
        public long allocated() {
            return Arrays.stream(triplets.costs()).asLongStream().sum();
        }

        @Override
        public boolean settled() {
            return step >= budget.end();
        }

        @Override
        public AdapterSet adapters() {
            return triplets.adapters();
        }

        @Override
        public void afterBackward() {
            triplets.pullBack(method.orthogonality);
        }

        @Override
        public Optional<List<Slice>> afterStep() {
            step++;
            Optional<List<Slice>> slices = Optional.empty();
            if (step < budget.end() || budget.end() == 1) {
                scores.observe(triplets);
            }
            if (budget.prunes(step)) {
                kept = chosen(TripletChoice.within(budget.at(step), scores.scores(triplets), costs));
                triplets.mask(kept);
            }
            if (step == budget.end()) {
                slices = Optional.of(removePruned());
            }
            triplets.refresh();
            return slices;
        }

        /** What worker 0 chooses: others may round in another way. */
        private boolean[] chosen(boolean[] here) {
            if (context.exchange().alone()) {
                return here;
            }
            long[] flags = new long[here.length];
            for (int i = 0; i < flags.length; i++) {
                flags[i] = here[i] ? 1 : 0;
            }
            try (PointerScope scope = new PointerScope()) {
                Tensor tensor = Tensors.of(flags);
                context.exchange().broadcast(tensor);
                double[] chosen = Tensors.toDoubles(tensor);
                boolean[] all = new boolean[chosen.length];
                for (int i = 0; i < all.length; i++) {
                    all[i] = chosen[i] != 0;
                }
                return all;
            }
        }

        /** The lambdas, which are last, of what is pruned are zero there too. */
        @Override
        public void averaged(List<Tensor> averages) {
            if (budget.prunes(step) && step < budget.end()) {
                triplets.mask(kept, averages.get(averages.size() - 1));
            }
        }

        @Override
        public void revalued() {
            triplets.refresh();
        }

        @Override
        public void goneBack() {
            scores.close(); // begins anew
            triplets.mask(kept);
            triplets.refresh();
        }

        private List<Slice> removePruned() {
            left = kept;
            List<Slice> slices = triplets.prune(kept);
            kept = new boolean[triplets.size()];
            Arrays.fill(kept, true);
            scores.close();
            tellRanks();
            return slices;
        }

        @Override
        public void close() {
            scores.close();
            triplets.close();
        }
    }
}
