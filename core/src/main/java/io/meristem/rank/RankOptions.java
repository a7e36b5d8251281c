package io.meristem.rank;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Setting;
import io.meristem.adapter.LayerSize;
import io.meristem.execute.Network;
import io.meristem.op.WeightedLayer;

/**
 * Bounds and budget of an allocation.
 *
 * @param min least rank of a layer; 0 lets a layer go without an adapter
 * @param max greatest rank of a layer
 * @param budgetMib size that all adapters together may take, MiB of float32; 0 for no budget
 * @param costAware give rank by importance per trainable number; needs a budget
 * @param budgetPercent the budget in percent of the network's numbers, its head apart; null where {@code budgetMib} says it
 */
public record RankOptions(
        int min,
        int max,
        double budgetMib,
        boolean costAware,
        @JsonInclude(JsonInclude.Include.NON_NULL) Double budgetPercent) {

    public static final RankOptions DEFAULT = new RankOptions(1, 16, 0, false);

    private static final double WHOLE = 100;

    /** With a budget in MiB, or none. */
    public RankOptions(int min, int max, double budgetMib, boolean costAware) {
        this(min, max, budgetMib, costAware, null);
    }

    public RankOptions {
        if (min < 0 || max < 1 || min > max) {
            throw InputException.ofSettings(
                    ErrorCode.OUT_OF_RANGE,
                    "%s and %s must satisfy 0 <= least <= greatest and 1 <= greatest, not %s and %s", Setting.RANK_MIN.the(), Setting.RANK_MAX.the(), min, max);
        }
        if (!(budgetMib >= 0) || Double.isInfinite(budgetMib)) {
            throw InputException.ofSettings(
                    ErrorCode.OUT_OF_RANGE, "%s must be a size in MiB, or 0 for none, not %s", Setting.BUDGET.the(), budgetMib);
        }
        if (budgetPercent != null) {
            requirePercent(budgetPercent);
        }
        if (budgetPercent != null && budgetMib > 0) {
            throw InputException.ofSettings(
                    ErrorCode.CONFLICTING_SETTINGS,
                    "%s is given twice, as %s MiB and as %s %%", Setting.BUDGET.the(), budgetMib,
                    number(budgetPercent));
        }
        if (costAware && budgetMib == 0 && budgetPercent == null) {
            throw InputException.ofSettings(
                    ErrorCode.MISSING_SETTING, "cost-aware allocation shares out a budget: give %s", Setting.BUDGET.the());
        }
    }

    /** @throws IllegalArgumentException for a share of the network's numbers that is no budget */
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
        return budgetMib > 0 || budgetPercent != null;
    }

    /** With the budget in MiB, for a network of that many numbers without its head. */
    public RankOptions on(long numbers) {
        return budgetPercent == null
                ? this
                : new RankOptions(
                        min, max, budgetPercent / WHOLE * numbers / LayerSize.NUMBERS_PER_MIB, costAware, null);
    }

    /** Likewise. */
    public RankOptions on(Network network) {
        return budgetPercent == null ? this : on(withoutHead(network));
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
