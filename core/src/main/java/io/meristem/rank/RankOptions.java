package io.meristem.rank;

import io.meristem.adapter.LayerSize;

/**
 * Bounds and budget of an allocation.
 *
 * @param min least rank of a layer; 0 lets a layer go without an adapter
 * @param max greatest rank of a layer
 * @param budgetMib size that all adapters together may take, MiB of float32; 0 for no budget
 * @param costAware give rank by importance per trainable number; needs a budget
 */
public record RankOptions(int min, int max, double budgetMib, boolean costAware) {

    public static final RankOptions DEFAULT = new RankOptions(1, 16, 0, false);

    public RankOptions {
        if (min < 0 || max < 1 || min > max) {
            throw new IllegalArgumentException(
                    "ranks must satisfy 0 <= min <= max and 1 <= max, not min " + min + " and max " + max);
        }
        if (!(budgetMib >= 0) || Double.isInfinite(budgetMib)) {
            throw new IllegalArgumentException("the budget must be a size in MiB, or 0 for none, not " + budgetMib);
        }
        if (costAware && budgetMib == 0) {
            throw new IllegalArgumentException("cost-aware allocation shares out a budget: give one");
        }
    }

    /** The budget in trainable numbers; 0 for none. */
    long budgetNumbers() {
        return (long) Math.floor(budgetMib * LayerSize.NUMBERS_PER_MIB);
    }
}
