package io.meristem.rank;

import io.meristem.InputException;
import io.meristem.adapter.LayerSize;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Importances in, ranks out. */
public final class Allocator {

    private static final int BISECTIONS = 60;

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
     * @throws InputException when even the least ranks do not fit the budget
     */
    public static int[] allocate(List<LayerSize> layers, double[] importances, RankOptions options) {
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
        double low = 0;
        // With this factor every layer that has any signal is at its greatest rank.
        double high = 1 / Arrays.stream(signal).filter(v -> v > 0).min().orElse(1);
        for (int i = 0; i < BISECTIONS; i++) {
            double factor = i == 0 ? high : (low + high) / 2;
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
