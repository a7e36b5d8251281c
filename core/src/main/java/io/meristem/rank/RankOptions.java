package io.meristem.rank;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Setting;
import io.meristem.adapter.LayerSize;
import io.meristem.adapter.RankLimit;
import io.meristem.execute.Network;
import io.meristem.op.WeightedLayer;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Bounds and budget of an allocation.
 *
 * @param min least rank of a layer; 0 lets a layer go without an adapter
 * @param max greatest rank of a layer
 * @param budgetMib size that all adapters together may take, MiB of float32; 0 for no budget
 * @param costAware give rank by importance per trainable number; needs a budget
 * @param budgetPercent the budget in percent of the network's numbers, its head apart; null where another says it
 * @param budgetRank the budget as the size of one rank for all layers, held to what each can use; null where another says it
 */
public record RankOptions(
        int min,
        int max,
        double budgetMib,
        boolean costAware,
        @JsonInclude(JsonInclude.Include.NON_NULL) Double budgetPercent,
        @JsonInclude(JsonInclude.Include.NON_NULL) Integer budgetRank) {

    /** Bounds without a budget. */
    public static final RankOptions DEFAULT = new RankOptions(1, 16, 0, false);

    private static final double WHOLE = 100;

    /** With a budget in MiB, or none. */
    public RankOptions(int min, int max, double budgetMib, boolean costAware) {
        this(min, max, budgetMib, costAware, null, null);
    }

    /** As large as one rank for all layers, and free to leave a layer without. */
    public static RankOptions likeRank(int rank) {
        return new RankOptions(0, DEFAULT.max, 0, false, null, rank);
    }

    public RankOptions {
        if (min < 0 || max < 1 || min > max) {
            throw InputException.ofSettings(
                    ErrorCode.OUT_OF_RANGE,
                    "%s and %s must satisfy 0 <= least <= greatest and 1 <= greatest, not %s and %s",
                    Setting.RANK_MIN.the(),
                    Setting.RANK_MAX.the(),
                    min,
                    max);
        }
        if (!(budgetMib >= 0) || Double.isInfinite(budgetMib)) {
            throw InputException.ofSettings(
                    ErrorCode.OUT_OF_RANGE,
                    "%s must be a size in MiB, or 0 for none, not %s",
                    Setting.BUDGET.the(),
                    budgetMib);
        }
        if (budgetPercent != null) {
            requirePercent(budgetPercent);
        }
        if (budgetRank != null && budgetRank < 1) {
            throw InputException.ofSettings(
                    ErrorCode.OUT_OF_RANGE,
                    "a budget of the size of rank %d buys no adapter: give 1 or more",
                    budgetRank);
        }
        if ((budgetMib > 0 ? 1 : 0) + (budgetPercent == null ? 0 : 1) + (budgetRank == null ? 0 : 1) > 1) {
            throw InputException.ofSettings(
                    ErrorCode.CONFLICTING_SETTINGS,
                    "%s is given twice, as %s",
                    Setting.BUDGET.the(),
                    Stream.of(
                                    budgetMib > 0 ? budgetMib + " MiB" : null,
                                    budgetPercent == null ? null : number(budgetPercent) + " %",
                                    budgetRank == null ? null : "the size of rank " + budgetRank)
                            .filter(Objects::nonNull)
                            .collect(Collectors.joining(" and as ")));
        }
        if (costAware && !bounded(budgetMib, budgetPercent, budgetRank)) {
            throw InputException.ofSettings(
                    ErrorCode.MISSING_SETTING,
                    "cost-aware allocation shares out a budget: give %s",
                    Setting.BUDGET.the());
        }
    }

    /** @throws InputException for a share of the network's numbers that is no budget */
    public static void requirePercent(double percent) {
        if (!(percent > 0 && percent <= WHOLE)) {
            throw InputException.ofSettings(
                    ErrorCode.OUT_OF_RANGE,
                    "a budget of %s %% of the network's numbers buys %s: give more than 0 and at most 100 %%",
                    number(percent),
                    percent > WHOLE ? "more than the network itself" : "no adapter");
        }
    }

    /** A share of the network's numbers, its head apart, in MiB of float32. */
    public static double mib(double percent, Network network) {
        return percent / WHOLE * withoutHead(network) / LayerSize.NUMBERS_PER_MIB;
    }

    /** The budget in trainable numbers; 0 for none. */
    long budgetNumbers() {
        return (long) Math.floor(budgetMib * LayerSize.NUMBERS_PER_MIB);
    }

    /** Whether there is a budget. */
    public boolean bounded() {
        return bounded(budgetMib, budgetPercent, budgetRank);
    }

    private static boolean bounded(double mib, Double percent, Integer rank) {
        return mib > 0 || percent != null || rank != null;
    }

    /**
     * With the budget in MiB.
     *
     * @param numbers of the network without its head
     * @param layers that get ranks
     */
    public RankOptions on(long numbers, List<LayerSize> layers) {
        if (budgetPercent != null) {
            return new RankOptions(min, max, budgetPercent / WHOLE * numbers / LayerSize.NUMBERS_PER_MIB, costAware);
        }
        return budgetRank == null
                ? this
                : new RankOptions(
                        min, max, LayerSize.mib(LayerSize.numbers(layers, budgetRank, RankLimit.LAYER)), costAware);
    }

    /** Likewise. */
    public RankOptions on(Network network, List<LayerSize> layers) {
        return on(withoutHead(network), layers);
    }

    /** The bounds alone. */
    RankOptions withoutBudget() {
        return new RankOptions(min, max, 0, false);
    }

    /** Numbers of a network but for its head. */
    public static long withoutHead(Network network) {
        WeightedLayer head = network.head();
        return network.parameterCount()
                - head.weight().numel()
                - (head.bias() == null ? 0 : head.bias().numel());
    }

    private static String number(double value) {
        return value == Math.rint(value) ? String.valueOf((long) value) : String.valueOf(value);
    }
}
