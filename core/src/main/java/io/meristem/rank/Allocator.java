package io.meristem.rank;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Message;
import io.meristem.Setting;
import io.meristem.adapter.LayerSize;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Importances in, ranks out. */
public final class Allocator {

    /** One rank more for a layer, and the common factor on all importances from which on it has that rank. */
    private record Step(int layer, double factor) {}

    private Allocator() {}

    /** {@code clamp(round(min + (max - min) I), min, min(max, full))}; a layer's full rank also bounds its minimum. */
    public static int rank(double importance, int min, int max, int fullRank) {
        long wanted = Math.round(min + (max - min) * importance);
        int top = Math.min(max, fullRank);
        return (int) Math.max(Math.min(min, top), Math.min(top, wanted));
    }

    /** The rank that {@code layer} cannot exceed. */
    static int most(LayerSize layer, RankOptions options) {
        return Math.min(options.max(), layer.fullRank());
    }

    /**
     * One rank per layer. With a budget all importances are multiplied by one factor, which grows from zero: each time a layer's rank steps up by that, the
     * rank is granted, until the next one does not fit any more. Where several layers step at once, as with equal importances, those nearer the input
     * come first. So the total lies below the budget by less than the numbers of one rank of one layer, unless all that can grow is at its greatest rank.
     *
     * @param layers sizes, in the order of {@code importances}
     * @throws InputException when an importance is not a number, or when even the least ranks do not fit the budget
     */
    public static int[] allocate(List<LayerSize> layers, double[] importances, RankOptions options) {
        for (int i = 0; i < importances.length; i++) {
            if (!Double.isFinite(importances[i])) {
                throw overflown("importance", layers.get(i), importances[i]);
            }
        }
        int[] ranks = new int[importances.length];
        boolean bounded = options.budgetMib() > 0;
        for (int i = 0; i < ranks.length; i++) {
            double importance = bounded ? 0 : importances[i];
            ranks[i] =
                    rank(importance, options.min(), options.max(), layers.get(i).fullRank());
        }
        if (bounded) {
            spend(layers, importances, options, ranks);
        }
        return ranks;
    }

    static InputException overflown(String what, LayerSize layer, double value) {
        return new InputException(
                ErrorCode.NOT_FINITE,
                "Ranks cannot be allocated, the %s of layer %s came out as %s: the network's numbers overflow on these photos; its weights are damaged, or its training went wrong.",
                what,
                layer.name(),
                value);
    }

    /** Raises {@code ranks}, which are the least, as far as the budget allows. */
    private static void spend(List<LayerSize> layers, double[] importances, RankOptions options, int[] ranks) {
        long left = left(layers, options, ranks);
        for (Step step : steps(layers, importances, options)) {
            left -= layers.get(step.layer()).perRank();
            if (left < 0) {
                return;
            }
            ranks[step.layer()]++;
        }
    }

    /**
     * What of the budget is left beside the least ranks.
     *
     * @throws InputException when they do not fit
     */
    static long left(List<LayerSize> layers, RankOptions options, int[] ranks) {
        long left = options.budgetNumbers() - LayerSize.numbers(layers, ranks);
        if (left < 0) {
            throw new InputException(
                    ErrorCode.OUT_OF_RANGE,
                    "A budget of %.3f MiB is too small for rank %d on each of %d layers, which takes %.3f MiB: give more, or allow layers without an adapter (%s).",
                    options.budgetMib(),
                    options.min(),
                    layers.size(),
                    LayerSize.mib(LayerSize.numbers(layers, ranks)),
                    Setting.RANK_MIN.as("0"));
        }
        return left;
    }

    /** Every step that any layer can take, in the order in which the factor brings them about. */
    private static List<Step> steps(List<LayerSize> layers, double[] importances, RankOptions options) {
        List<Step> steps = new ArrayList<>();
        for (int i = 0; i < importances.length; i++) {
            LayerSize layer = layers.get(i);
            double signal = options.costAware() ? importances[i] / layer.perRank() : importances[i];
            for (int rank = options.min(); rank < most(layer, options) && signal > 0; rank++) {
                // From here on (max - min) * factor * signal rounds to one more.
                steps.add(new Step(i, (rank + 0.5 - options.min()) / signal));
            }
        }
        steps.sort(Comparator.comparingDouble(Step::factor));
        return steps;
    }

    /** One sentence when a budget is left over because nothing can grow any more. */
    public static Optional<Message> unused(
            List<LayerSize> layers, double[] importances, RankOptions options, int[] ranks) {
        long total = LayerSize.numbers(layers, ranks);
        if (options.budgetMib() == 0 || total == options.budgetNumbers()) {
            return Optional.empty();
        }
        int important = 0;
        for (int i = 0; i < ranks.length; i++) {
            if (importances[i] > 0) {
                important++;
                if (ranks[i] < most(layers.get(i), options)) {
                    return Optional.empty();
                }
            }
        }
        return Optional.of(Message.of(
                "The budget of %.3f MiB is not used up: the %d layers of any importance are all at their greatest rank (%d, or their full one), and adapters take %.3f MiB. Raise %s, or compare at a smaller budget.",
                options.budgetMib(), important, options.max(), LayerSize.mib(total), Setting.RANK_MAX.the()));
    }
}
