package io.meristem.nn;

/**
 * The last map of features of a network that still has positions: what its classifier, or the pooling before it, reads.
 *
 * @param layer dotted name of the layer that gives the map
 * @param stride pixels of the input from one cell to the next
 */
public record FeatureMap(String layer, int stride) {

    /** @throws IllegalStateException for a family that is not listed here */
    public static FeatureMap of(ModelSpec spec) {
        return switch (spec.family()) {
            // Behind the last convolution: the pooling after it would halve the resolution once more.
            case "AlexNet" -> new FeatureMap("features.11", 16);
            case "MobileNetV2" -> new FeatureMap("features.18", 32);
            case "RegNetY" -> new FeatureMap("s4", 32);
            case "ConvNeXt" -> new FeatureMap("stages", 32);
            default -> throw new IllegalStateException("where the features of " + spec.name() + " lie is not known");
        };
    }
}
