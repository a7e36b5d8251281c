package io.meristem.nn;

import io.meristem.engine.Engine;
import io.meristem.engine.Precision;
import io.meristem.engine.Tensors;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;

/**
 * A classifier: a {@link ModelSpec} with a class count, and its tensors once materialised. Not thread-safe. Closing it frees its tensors.
 */
public final class Network implements AutoCloseable {

    private final ModelSpec spec;
    private final int classes;
    private final Layer root;
    private final Map<String, Param> params = new LinkedHashMap<>();
    private final Map<String, WeightedLayer> weighted = new LinkedHashMap<>();
    private final Map<String, BatchNorm2d> norms = new LinkedHashMap<>();
    private final Map<String, Normalisation> normalisations = new LinkedHashMap<>();

    public Network(ModelSpec spec, int classes) {
        this.spec = spec;
        this.classes = classes;
        this.root = spec.definition().apply(classes);
        root.walk("", (name, layer) -> {
            layer.params().forEach((key, param) -> params.put(Layer.join(name, key), param));
            if (layer instanceof WeightedLayer w) {
                weighted.put(name, w);
            } else if (layer instanceof BatchNorm2d norm) {
                norms.put(name, norm);
            }
            if (layer instanceof Normalisation normalisation) {
                normalisations.put(name, normalisation);
            }
        });
        if (!weighted.containsKey(spec.headName())) {
            throw new IllegalStateException(spec.name() + " has no layer " + spec.headName());
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
        return forward(x, Tape.OFF);
    }

    /**
     * Like {@link #forward(Tensor)}; {@link Tape#backward} then computes the gradients of everything that trains.
     *
     * @param tape under {@link org.bytedeco.pytorch.NoGradGuard}
     */
    public Tensor forward(Tensor x, Tape tape) {
        return Tensors.lend(root.run(x, tape));
    }

    /**
     * Says what {@link #forward(Tensor)} does in evaluation, operation by operation; adapters have no part in it.
     *
     * @param x what stands for images (N, 3, H, W), normalised
     * @return what stands for logits (N, classes)
     */
    public <V> V describe(V x, GraphOps<V> ops) {
        return root.describe(x, ops);
    }

    /** Every layer by dotted name, parents first. */
    public Map<String, Layer> layers() {
        Map<String, Layer> layers = new LinkedHashMap<>();
        root.walk("", layers::put);
        return layers;
    }

    /**
     * Like {@link #forward(Tensor, Tape)}, and shows the last {@linkplain FeatureMap map of features} on the way. Where {@code tape} does not flow yet it does
     * from there on, so that {@link Tape#backward} gives the gradient of the map.
     *
     * @param features gets the map (N, channels, h, w), in the precision of the layer before, which lives only as long as the call; it may run {@code tape}
     *     backwards from there
     */
    public Tensor forward(Tensor x, Tape tape, Consumer<Tensor> features) {
        Layer layer = layer(FeatureMap.of(spec).layer());
        layer.watch((y, behind) -> {
            features.accept(y);
            if (behind.recording() && !behind.flowing()) {
                behind.push((g, mine) -> g);
            }
        });
        try {
            return forward(x, tape);
        } finally {
            layer.watch(null);
        }
    }

    private Layer layer(String name) {
        Layer layer = layers().get(name);
        if (layer == null) {
            throw new IllegalStateException(spec.name() + " has no layer " + name);
        }
        return layer;
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

    /** Switches dropout and its kin; batch normalisation has its own {@linkplain BatchNorm2d#setMode mode}. */
    public void train(boolean on) {
        root.train(on);
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

    public Map<String, BatchNorm2d> batchNorms() {
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
