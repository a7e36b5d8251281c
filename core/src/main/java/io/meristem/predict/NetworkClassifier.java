package io.meristem.predict;

import io.meristem.data.image.Preprocess;
import io.meristem.execute.Network;
import io.meristem.tune.Inference;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.BiFunction;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/** A classifier that computes with a {@link Network} of ours, on the device that the engine was started with. Not safe for concurrent calls. */
public final class NetworkClassifier implements Classifier {

    private final Network network;
    private final List<String> classes;
    private final Preprocess preprocess;
    private final OptionalDouble temperature;
    private boolean closed;

    /** @param network with its weights, folded if it is to be fast; from now on this object's, which closes it */
    public NetworkClassifier(Network network, List<String> classes, Preprocess preprocess, OptionalDouble temperature) {
        if (network.classes() != classes.size()) {
            throw new IllegalArgumentException(network.classes() + " outputs for " + classes.size() + " classes");
        }
        this.network = network;
        this.classes = List.copyOf(classes);
        this.preprocess = preprocess;
        this.temperature = temperature;
        network.train(false);
    }

    @Override
    public List<String> classes() {
        return classes;
    }

    @Override
    public Preprocess preprocess() {
        return preprocess;
    }

    @Override
    public OptionalDouble temperature() {
        return temperature;
    }

    @Override
    public float[][] logits(FloatBuffer images, int n) {
        return compute(images, n, Inference::logits);
    }

    /** By the engine, as in training, so that a run's figures are those of its training to the last digit. */
    @Override
    public float[][] probabilities(FloatBuffer images, int n) {
        return compute(images, n, Inference::probabilities);
    }

    private float[][] compute(FloatBuffer images, int n, BiFunction<Network, Tensor, float[][]> rows) {
        if (closed) {
            throw new IllegalStateException("the classifier is closed");
        }
        try (PointerScope scope = new PointerScope()) {
            return rows.apply(network, Inference.images(images, n, preprocess.size()));
        }
    }

    @Override
    public void close() {
        closed = true;
        network.close();
    }
}
