package io.meristem.tune;

import io.meristem.adapter.AdapterOptions;
import io.meristem.adapter.AdapterSet;
import io.meristem.adapter.LayerSize;
import io.meristem.adapter.LoraInit;
import io.meristem.execute.LabelledFeed;
import io.meristem.execute.Network;
import io.meristem.op.WeightedLayer;
import io.meristem.rank.GradientDirections;
import io.meristem.workers.GradientExchange;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * What a method works with.
 *
 * @param network materialised, all frozen
 * @param head whether the head trains in full beside the method or gets an adapter like any other layer
 * @param epochs of the whole training
 * @param steps of the whole training
 * @param calibration gives a number of batches of a size: training photos in evaluation form with their labels, the same ones at each call
 * @param beside trainable numbers beside the method's own that count in its size, and in its budget
 * @param headDrawn whether the head is, at this moment, as it was drawn, and says nothing about the classes
 * @param afterMerge run when frozen weights have changed, before ranks are measured again
 * @param listener told of every allocation
 * @param exchange with the other workers of the training
 */
record MethodContext(
        Network network,
        HeadPolicy head,
        int epochs,
        int steps,
        long seed,
        long beside,
        BiFunction<Integer, Integer, LabelledFeed> calibration,
        BooleanSupplier headDrawn,
        Runnable afterMerge,
        TrainListener listener,
        GradientExchange exchange) {

    /**
     * Puts LoRA's adapters on the network, started as {@code options} say.
     *
     * @param ranks by layer name
     */
    AdapterSet attach(Map<String, Integer> ranks, AdapterOptions options) {
        return attach(ranks, options, seed, Dra.CALIBRATION_BATCHES, Dra.CALIBRATION_BATCH_SIZE);
    }

    /**
     * The same with a seed of its own.
     *
     * @param batches photos that a gradient is taken of: so many batches ...
     * @param batchSize ... of this many photos
     */
    AdapterSet attach(Map<String, Integer> ranks, AdapterOptions options, long drawn, int batches, int batchSize) {
        try (PointerScope scope = new PointerScope()) {
            return AdapterSet.attach(network, ranks, options, drawn, directions(ranks, options, batches, batchSize));
        }
    }

    /**
     * Where factors start along the gradient, its directions in the network as it is now.
     *
     * @param most by layer, how many
     * @return rows by layer, the most important first, owned by the current scope; empty where factors start otherwise
     */
    Map<String, Tensor> directions(Map<String, Integer> most, AdapterOptions options, int batches, int batchSize) {
        if (options.initLoraWeights() != LoraInit.GRADIENT) {
            return Map.of();
        }
        Map<String, WeightedLayer> layers = new LinkedHashMap<>(network.weightedLayers());
        layers.keySet().removeIf(name -> most.getOrDefault(name, 0) == 0);
        return layers.isEmpty() ? Map.of() : directions(layers, most, calibration.apply(batches, batchSize));
    }

    /** Of the loss's gradient; where the head was drawn, through one that is fitted while it looks. */
    private Map<String, Tensor> directions(
            Map<String, WeightedLayer> layers, Map<String, Integer> ranks, LabelledFeed photos) {
        if (!headDrawn.getAsBoolean()) {
            return GradientDirections.of(network, layers, ranks, photos);
        }
        try (FittedHead fitted = new FittedHead(network, calibration)) {
            return GradientDirections.of(network, layers, ranks, photos);
        }
    }

    /** The layers that get adapters, by name in definition order. */
    Map<String, WeightedLayer> adaptable() {
        return head.adapted(network);
    }

    /** Their sizes. */
    List<LayerSize> sizes() {
        return LayerSize.of(adaptable());
    }
}
