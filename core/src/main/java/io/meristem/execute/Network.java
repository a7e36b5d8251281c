package io.meristem.execute;

import io.meristem.engine.Engine;
import io.meristem.engine.Precision;
import io.meristem.graph.Graph;
import io.meristem.graph.Node;
import io.meristem.op.BatchNormLayer;
import io.meristem.op.Dropout;
import io.meristem.op.Layer;
import io.meristem.op.Normalisation;
import io.meristem.op.Param;
import io.meristem.op.WeightedLayer;
import io.meristem.zoo.ModelSpec;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/**
 * A classifier: a {@link ModelSpec} with a class count, and its tensors once materialised. Not thread-safe. Closing it frees its tensors.
 */
public final class Network implements AutoCloseable {

    private final ModelSpec spec;
    private final int classes;
    private final Graph graph;
    private final Map<String, Layer> layers = new LinkedHashMap<>();
    private final Map<String, Param> params = new LinkedHashMap<>();
    private final Map<String, WeightedLayer> weighted = new LinkedHashMap<>();
    private final Map<String, BatchNormLayer> norms = new LinkedHashMap<>();
    private final Map<String, Normalisation> normalisations = new LinkedHashMap<>();
    private boolean training;
    private BoundGraph bound;
    private Set<String> folded = Set.of();

    public Network(ModelSpec spec, int classes) {
        this.spec = spec;
        this.classes = classes;
        this.graph = spec.graph(classes);
        for (Node node : graph.nodes()) {
            if (!node.op().slots().isEmpty()) {
                add(node.op().layer(node.name()));
            }
        }
        graph.foldable().forEach((conv, norm) -> weighted.get(graph.node(conv).name())
                .followedBy(norms.get(graph.node(norm).name())));
        if (!weighted.containsKey(spec.headName())) {
            throw new IllegalStateException(spec.name() + " has no layer " + spec.headName());
        }
    }

    private void add(Layer layer) {
        layers.put(layer.name(), layer);
        params.putAll(layer.named());
        if (layer instanceof WeightedLayer w) {
            weighted.put(layer.name(), w);
        } else if (layer instanceof BatchNormLayer norm) {
            norms.put(layer.name(), norm);
        }
        Normalisation normalisation = Normalisation.of(layer);
        if (normalisation != null) {
            normalisations.put(layer.name(), normalisation);
        }
    }

    /** Gives every parameter memory and first values, drawn from {@code seed} and the parameter's name; nothing happens to those that have them. */
    public Network materialize(long seed) {
        Engine.load();
        params.forEach((name, param) -> param.materialize(name, seed));
        return this;
    }

    /**
     * @param x images (N, 3, H, W), normalised
     * @return logits (N, classes) of float32, owned by the caller's scope
     */
    public Tensor forward(Tensor x) {
        try (Execution run =
                new Execution(this::bound, Goal.evaluation(running().output()))) {
            return run.forward(x);
        }
    }

    /**
     * A run whose {@link Execution#backward} computes the gradients of everything that trains.
     *
     * @param inputGradient whether the gradient of the photos is wanted, too
     * @param checkpointing keep only the input of each block, and compute the rest again when the gradient comes by
     */
    public Execution recorded(boolean inputGradient, boolean checkpointing) {
        Goal goal = new Goal(List.of(running().output()), true, inputGradient ? 0 : -1, checkpointing);
        return new Execution(this::bound, goal);
    }

    /**
     * A run from the photos to the last map of features, whose {@link Execution#backward} gives the gradient of the photos.
     *
     * @throws IllegalStateException when the network has no such map
     */
    public Execution toFeatures() {
        return new Execution(this::bound, new Goal(List.of(features().node()), true, 0, false));
    }

    /**
     * A run to the logits, whose {@link Execution#backward} gives the gradient of the last map of features. That map, (N, channels, h, w) in the precision of the layer before, is
     * {@link Execution#value} of its node.
     *
     * @throws IllegalStateException when the network has no such map
     */
    public Execution fromFeatures() {
        int node = features().node();
        return new Execution(this::bound, new Goal(List.of(node, running().output()), true, node, false));
    }

    /** Where the last map of features is in the graph that runs now. */
    public Graph.Features features() {
        Graph.Features features = running().features();
        if (features == null) {
            throw new IllegalStateException("where the features of " + spec.name() + " lie is not known");
        }
        return features;
    }

    /** The graph as it is defined. */
    public Graph graph() {
        return graph;
    }

    /** The graph as it runs now: without dropout in evaluation, and without normalisation that is folded. */
    public Graph running() {
        return bound().graph();
    }

    private BoundGraph bound() {
        Set<String> now = new HashSet<>();
        weighted.values().stream()
                .filter(WeightedLayer::folded)
                .forEach(layer -> now.add(layer.norm().name()));
        if (bound == null || !now.equals(folded)) {
            folded = now;
            Graph run = graph.without(node -> now.contains(node.name()) || (!training && node.op() instanceof Dropout));
            bound = new BoundGraph(run, layers);
        }
        return bound;
    }

    /** Every layer that owns tensors, by dotted name, in the order of definition. */
    public Map<String, Layer> layers() {
        return Collections.unmodifiableMap(layers);
    }

    /** Sets what all layers but the head compute in; parameters stay float32. Undoes {@link #fold} where that changes something. */
    public void setPrecision(Precision precision) {
        weighted.values().forEach(layer -> layer.setPrecision(layer == head() ? Precision.FP32 : precision));
    }

    /**
     * Takes every batch normalisation into the convolution before it, as weights and statistics are now: the same function, faster. Parameters stay
     * as they are; change none before {@link #unfold}, but for scales and biases of normalisation that train: those are looked at each time.
     */
    public void fold() {
        weighted.values().forEach(layer -> layer.fold(false));
    }

    /** The same with scales and biases as they are now even where they train: what a network gives that is saved now, to the bit. */
    public void foldFixed() {
        weighted.values().forEach(layer -> layer.fold(true));
    }

    /** Whether a batch normalisation is taken into the convolution before it now. */
    public boolean folded() {
        return weighted.values().stream().anyMatch(WeightedLayer::folded);
    }

    /** Undoes {@link #fold}; nothing happens when it was not called. */
    public void unfold() {
        weighted.values().forEach(WeightedLayer::unfold);
    }

    /** Puts a network's layers back to how they were folded. */
    @FunctionalInterface
    public interface Folding extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * {@linkplain #fold Folds} exactly those layers whose own output, but for a constant per channel, is what they then give divided by {@link
     * WeightedLayer#runningScale}. Closing the result undoes that.
     */
    public Folding foldReversibly() {
        Set<WeightedLayer> before = new HashSet<>();
        for (WeightedLayer layer : weighted.values()) {
            boolean reversible = layer.reversible();
            if (layer.folded()) {
                before.add(layer);
                if (!reversible) {
                    layer.unfold();
                }
            } else if (reversible) {
                layer.fold(false);
            }
        }
        return () -> weighted.values().forEach(layer -> {
            if (before.contains(layer)) {
                layer.fold(false);
            } else if (layer.folded()) {
                layer.unfold();
            }
        });
    }

    /** Switches dropout; batch normalisation has its own {@linkplain BatchNormLayer#setMode mode}. */
    public void train(boolean on) {
        if (training != on) {
            training = on;
            bound = null;
        }
    }

    public ModelSpec spec() {
        return spec;
    }

    public int classes() {
        return classes;
    }

    /** Every parameter and buffer under its home library's state-dict name, in its order; num_batches_tracked is left out. */
    public Map<String, Param> params() {
        return Collections.unmodifiableMap(params);
    }

    /** Every convolution and linear layer by dotted name, in definition order. */
    public Map<String, WeightedLayer> weightedLayers() {
        return Collections.unmodifiableMap(weighted);
    }

    public Map<String, BatchNormLayer> batchNorms() {
        return Collections.unmodifiableMap(norms);
    }

    /** Every batch and layer normalisation by dotted name, in definition order. */
    public Map<String, Normalisation> normalisations() {
        return Collections.unmodifiableMap(normalisations);
    }

    public WeightedLayer head() {
        return weighted.get(spec.headName());
    }

    /** Trainable numbers of the whole network; buffers do not count. */
    public long parameterCount() {
        return params.values().stream()
                .filter(p -> !p.isBuffer())
                .mapToLong(Param::numel)
                .sum();
    }

    @Override
    public void close() {
        unfold();
        params.values().forEach(Param::free);
    }
}
