package io.meristem.rank;

import io.meristem.adapter.LayerSize;
import io.meristem.adapter.LowRankChange.Factors;
import io.meristem.execute.LabelledFeed;
import io.meristem.execute.Network;
import io.meristem.op.WeightedLayer;
import java.util.List;
import java.util.Map;

/**
 * What ranks are shared out on, and on what grounds a scorer may judge.
 *
 * @param network materialised, without adapters
 * @param layers those that get ranks, by name in definition order
 * @param photos training photos in evaluation form, the same at each pass
 * @param options bounds and budget of the ranks
 * @param seed of what a scorer draws
 * @param round 0 for a run's first allocation, 1 for the one at the first update, and so on
 * @param trained the updates that have been trained since the allocation before, by layer, in the network's weights already; empty at the first one
 */
public record ScoringContext(
        Network network,
        Map<String, WeightedLayer> layers,
        LabelledFeed photos,
        RankOptions options,
        long seed,
        int round,
        Map<String, Factors> trained) {

    /** Before anything has been trained. */
    ScoringContext(
            Network network,
            Map<String, WeightedLayer> layers,
            LabelledFeed photos,
            RankOptions options,
            long seed,
            int round) {
        this(network, layers, photos, options, seed, round, Map.of());
    }

    /** In the order of {@link #layers}. */
    public List<LayerSize> sizes() {
        return LayerSize.of(layers);
    }
}
