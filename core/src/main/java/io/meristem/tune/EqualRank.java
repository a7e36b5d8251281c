package io.meristem.tune;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Message;
import io.meristem.Setting;
import io.meristem.adapter.LayerSize;
import io.meristem.adapter.RankLimit;
import io.meristem.execute.Network;
import java.util.List;
import java.util.Locale;

/**
 * One rank for all layers, chosen by a size.
 *
 * @param rank the greatest that fits
 * @param numbers trainable numbers of the factors
 * @param beside numbers of the normalisation that train beside them and count too
 * @param budget MiB that both may take
 */
public record EqualRank(int rank, long numbers, long beside, double budget, int layers) {

    /**
     * The greatest rank that fits.
     *
     * @param network a definition is enough
     * @param budget MiB of float32
     * @throws InputException when rank 1 does not fit, or when the network has no scales to train
     */
    public static EqualRank within(
            double budget, Network network, HeadPolicy head, NormTraining trainNorm, RankLimit limit) {
        List<LayerSize> layers = LayerSize.of(head.adapted(network));
        long beside = trainNorm.numbers(network, head);
        long left = (long) Math.floor(budget * LayerSize.NUMBERS_PER_MIB) - beside;
        int rank = LayerSize.greatestRank(left, layers, limit);
        if (rank == 0) {
            String biases = beside == 0
                    ? ""
                    : String.format(
                            Locale.ROOT,
                            " beside the %.4f MiB of what trains of the normalisation",
                            LayerSize.mib(beside));
            throw new InputException(
                    ErrorCode.OUT_OF_RANGE,
                    "A budget of %.4f MiB is too small for rank 1 on each of %d layers, which takes %.4f MiB%s: give a larger %s%s.",
                    budget,
                    layers.size(),
                    LayerSize.mib(LayerSize.numbers(layers, 1, limit)),
                    biases,
                    Setting.BUDGET,
                    beside == 0
                            ? ""
                            : Message.of(
                                    ", or %s in its place, which trains the normalisation and no factors",
                                    Setting.RANK.as(0)));
        }
        return new EqualRank(rank, LayerSize.numbers(layers, rank, limit), beside, budget, layers.size());
    }

    /** What came of the budget, in a sentence. */
    public String sentence() {
        return String.format(
                Locale.ROOT,
                "The greatest rank within %.4f MiB is %d on each of %d layers: %.4f MiB%s.",
                budget,
                rank,
                layers,
                LayerSize.mib(numbers + beside),
                beside == 0
                        ? ""
                        : String.format(
                                Locale.ROOT, ", of which %.4f MiB of the normalisation", LayerSize.mib(beside)));
    }
}
