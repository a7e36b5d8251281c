package io.meristem.zoo;

import io.meristem.graph.Graph;
import io.meristem.graph.GraphBuilder;
import java.util.Arrays;
import java.util.List;

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
 * @param definition the graph for a class count
 * @param weights where official weights are, the library's default first
 * @param release names that other files of it may have; null where there are none
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
        GraphBuilder.Definition definition,
        List<WeightSource> weights,
        ReleaseNames release) {

    private static final List<Float> IMAGENET_MEAN = List.of(0.485f, 0.456f, 0.406f);
    private static final List<Float> IMAGENET_STD = List.of(0.229f, 0.224f, 0.225f);

    /** For 224 pixels, 32 at least, with ImageNet's mean and deviation, its head named {@code head}, without official weights. */
    public static ModelSpec of(String name, String family, String library, GraphBuilder.Definition definition) {
        return new ModelSpec(
                name, family, library, 224, 32, IMAGENET_MEAN, IMAGENET_STD, "head", definition, List.of(), null);
    }

    public ModelSpec withMinSize(int pixels) {
        return new ModelSpec(
                name, family, library, inputSize, pixels, mean, std, headName, definition, weights, release);
    }

    /** The same for official weights that were trained at another size. */
    public ModelSpec withInputSize(int pixels) {
        return new ModelSpec(name, family, library, pixels, minSize, mean, std, headName, definition, weights, release);
    }

    /** The same for photos normalised otherwise. */
    public ModelSpec withNormalisation(List<Float> newMean, List<Float> newStd) {
        return new ModelSpec(
                name, family, library, inputSize, minSize, newMean, newStd, headName, definition, weights, release);
    }

    public ModelSpec withHead(String layer) {
        return new ModelSpec(name, family, library, inputSize, minSize, mean, std, layer, definition, weights, release);
    }

    public ModelSpec withWeights(List<WeightSource> sources) {
        return new ModelSpec(
                name, family, library, inputSize, minSize, mean, std, headName, definition, sources, release);
    }

    /** The same, also for files with the names of its authors' own release. */
    ModelSpec withRelease(ReleaseNames names) {
        return new ModelSpec(
                name, family, library, inputSize, minSize, mean, std, headName, definition, weights, names);
    }

    ModelSpec withTimmWeights(String... tags) {
        return withWeights(
                Arrays.stream(tags).map(tag -> WeightSource.timm(name, tag)).toList());
    }

    /** What it computes, with so many classes. */
    public Graph graph(int classes) {
        return GraphBuilder.build(definition, classes);
    }
}
