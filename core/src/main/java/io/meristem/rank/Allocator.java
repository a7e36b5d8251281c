package io.meristem.rank;

import io.meristem.InputException;
import io.meristem.adapter.LayerSize;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Importances in, ranks out. */
public final class Allocator {

    private Allocator() {}

    /** {@code clamp(round(min + (max - min) I), min, min(max, full))}; a layer's full rank also bounds its minimum. */
    public static int rank(double importance, int min, int max, int fullRank) {
        long wanted = Math.round(min + (max - min) * importance);
        int top = Math.min(max, fullRank);
        return (int) Math.max(Math.min(min, top), Math.min(top, wanted));
    }

    /**
     * One rank per layer. With a budget all importances are multiplied by one factor, the greatest (found by bisection) whose total size fits.
     *
     * @param layers sizes, in the order of {@code importances}
     * @throws IllegalArgumentException when an importance is not a number
     * @throws InputException when even the least ranks do not fit the budget
     */
    public static int[] allocate(List<LayerSize> layers, double[] importances, RankOptions options) {
        for (int i = 0; i < importances.length; i++) {
            if (!Double.isFinite(importances[i])) {
                throw new IllegalArgumentException(
                        "the importance of layer " + layers.get(i).name() + " is " + importances[i]);
            }
        }
        if (options.budgetMib() == 0) {
            return ranks(layers, importances, options, 1);
        }
        double[] signal = options.costAware() ? perNumber(layers, importances) : importances;
        long budget = (long) Math.floor(options.budgetMib() * LayerSize.NUMBERS_PER_MIB);
        int[] best = ranks(layers, signal, options, 0);
        if (LayerSize.numbers(layers, best) > budget) {
            throw new InputException(String.format(
                    Locale.ROOT,
                    "A budget of %.3f MiB is too small for rank %d on each of %d layers, which takes %.3f MiB: give more, or allow layers without an adapter (--rank-min 0).",
                    options.budgetMib(),
                    options.min(),
                    layers.size(),
                    LayerSize.mib(LayerSize.numbers(layers, best))));
        }
        // With this factor every layer that has any signal is at its greatest rank.
        double high = Math.min(
                Double.MAX_VALUE,
                1 / Arrays.stream(signal).filter(v -> v > 0).min().orElse(1));
        int[] most = ranks(layers, signal, options, high);
        if (LayerSize.numbers(layers, most) <= budget) {
            return most;
        }
        double low = 0;
        // Down to neighbouring doubles, not a fixed number of steps: one tiny signal makes the first interval as wide
        // as it likes.
        for (double factor = high / 2; low < factor && factor < high; factor = low + (high - low) / 2) {
            int[] ranks = ranks(layers, signal, options, factor);
            if (LayerSize.numbers(layers, ranks) <= budget) {
                low = factor;
                best = ranks;
            } else {
                high = factor;
            }
        }
        return best;
    }

    private static int[] ranks(List<LayerSize> layers, double[] signal, RankOptions options, double factor) {
        int[] ranks = new int[signal.length];
        for (int i = 0; i < ranks.length; i++) {
            ranks[i] = rank(
                    Math.min(1, factor * signal[i]),
                    options.min(),
                    options.max(),
                    layers.get(i).fullRank());
        }
        return ranks;
    }

    private static double[] perNumber(List<LayerSize> layers, double[] importances) {
        double[] signal = new double[importances.length];
        for (int i = 0; i < signal.length; i++) {
            signal[i] = importances[i] / layers.get(i).perRank();
        }
        return signal;
    }
}
