package io.meristem.tune;

import io.meristem.adapter.LayerSize;
import io.meristem.nn.LabelledFeed;
import io.meristem.nn.Network;
import io.meristem.nn.WeightedLayer;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/**
 * What a method works with.
 *
 * @param network materialised, all frozen
 * @param head whether the head trains in full beside the method or gets an adapter like any other layer
 * @param epochs of the whole training
 * @param steps of the whole training
 * @param calibration gives a number of batches of a size: training photos in evaluation form with their labels, the same ones at each call
 * @param afterMerge run when frozen weights have changed, before ranks are measured again
 * @param listener told of every allocation
 */
record MethodContext(
        Network network,
        HeadPolicy head,
        int epochs,
        int steps,
        long seed,
        BiFunction<Integer, Integer, LabelledFeed> calibration,
        Runnable afterMerge,
        TrainListener listener) {

    /** The layers that get adapters, by name in definition order. */
    Map<String, WeightedLayer> adaptable() {
        return head.adapted(network);
    }

    /** Their sizes. */
    List<LayerSize> sizes() {
        return adaptable().entrySet().stream()
                .map(e -> LayerSize.of(e.getKey(), e.getValue()))
                .toList();
    }
}
