package io.meristem.nn;

import java.util.List;
import java.util.function.IntFunction;

/**
 * A network that can be built: its definition and what its official weights expect.
 *
 * @param name the registry's name, which is the home library's
 * @param library {@code torchvision} or {@code timm}
 * @param inputSize the side of the square input that the official weights were trained for, pixels
 * @param minSize the smallest side that the network accepts, pixels
 * @param mean per channel, of RGB in [0, 1]
 * @param std per channel
 * @param headName the dotted name of the classifier layer, the one that is replaced when the class count differs
 * @param definition the layer tree for a class count
 * @param weights where official weights are
 */
public record ModelSpec(
        String name,
        String family,
        String library,
        int inputSize,
        int minSize,
        List<Float> mean,
        List<Float> std,
        String headName,
        IntFunction<Layer> definition,
        List<WeightSource> weights) {

    /**
     * A file of official weights.
     *
     * @param tag a name for it among the model's weights, such as {@code imagenet1k_v1}
     * @param sha256 the whole checksum or the prefix that the file name carries; empty when none is known
     * @param classes of its head
     * @param licence as stated by its publisher
     */
    public record WeightSource(String tag, String url, String sha256, int classes, String licence) {}
}
