package io.meristem.tune;

import io.meristem.execute.Network;
import io.meristem.op.WeightedLayer;
import java.util.LinkedHashMap;
import java.util.Map;

/** What happens to the classifier layer, which starts anew when the classes differ. */
public enum HeadPolicy {
    /** All of it trains, beside the adapters; counted separately in every report. */
    TRAINED,
    /** Frozen at its random start, with an adapter like any other layer: what the source's sizes imply. */
    ADAPTED;

    /** The layers that get adapters, by name in definition order: every weighted layer, the head only where it is not trained in full. */
    public Map<String, WeightedLayer> adapted(Network network) {
        Map<String, WeightedLayer> layers = new LinkedHashMap<>(network.weightedLayers());
        if (this == TRAINED) {
            layers.remove(network.spec().headName());
        }
        return layers;
    }
}
