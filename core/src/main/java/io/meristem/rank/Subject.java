package io.meristem.rank;

import io.meristem.adapter.LayerSize;
import io.meristem.nn.LabelledFeed;
import io.meristem.nn.Network;
import io.meristem.nn.WeightedLayer;
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
 * @param round 0 for a run's first allocation, 1 for the one after the first merge, and so on
 */
public record Subject(
        Network network,
        Map<String, WeightedLayer> layers,
        LabelledFeed photos,
        RankOptions options,
        long seed,
        int round) {

    /** In the order of {@link #layers}. */
    public List<LayerSize> sizes() {
        return layers.entrySet().stream()
                .map(entry -> LayerSize.of(entry.getKey(), entry.getValue()))
                .toList();
    }
}
