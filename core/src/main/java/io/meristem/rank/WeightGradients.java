package io.meristem.rank;

import io.meristem.execute.Execution;
import io.meristem.execute.Network;
import io.meristem.op.WeightedLayer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Has the weights of some layers train for as long as it takes to look at their gradients: in evaluation form, with normalisation folded, so that a
 * layer's gradient is that of the weight it runs with. Closing it leaves the network as it was.
 */
final class WeightGradients implements AutoCloseable {

    private final Network network;
    private final List<WeightedLayer> layers;
    private final boolean folded;
    private final List<Tensor> frozen;
    private final List<SecondMoments> moments = new ArrayList<>();

    WeightGradients(ScoringContext subject) {
        this(subject.network(), subject.layers().values());
    }

    /** Of layers that have no adapters. */
    WeightGradients(Network network, Collection<WeightedLayer> layers) {
        this.network = network;
        this.layers = List.copyOf(layers);
        folded = network.folded();
        network.fold();
        network.train(false);
        frozen = this.layers.stream()
                .map(layer -> layer.weight().value())
                .filter(weight -> !weight.requires_grad())
                .toList();
        frozen.forEach(weight -> weight.requires_grad_(true));
    }

    /** From here on the second moments of what enters each layer, and of the gradients that come back to it, are summed too. */
    void watchMoments() {
        for (WeightedLayer layer : layers) {
            SecondMoments of = new SecondMoments(layer);
            moments.add(of);
            layer.setForm(of);
        }
    }

    /** Of a layer, after {@link #watchMoments}. */
    SecondMoments moments(int layer) {
        return moments.get(layer);
    }

    List<WeightedLayer> layers() {
        return layers;
    }

    /** Computes the gradients of the mean cross entropy of some photos; those of photos before are gone. */
    void backward(Tensor images, Tensor labels) {
        // Blocks are computed twice: a calibration batch is larger than a training step's, and must not need more
        // memory.
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard();
                Execution run = network.recorded(false, true)) {
            Tensor logits = run.forward(images); // (N, classes)
            Tensor truth = torch.one_hot(labels, network.classes());
            Scalar photos = new Scalar((double) images.size(0));
            run.backward(torch.softmax(logits, 1).sub(truth).div(photos));
        }
    }

    /** Of a layer, as a matrix (out, columns), owned by the current scope; null where nothing depends on the layer. */
    Tensor of(int layer) {
        WeightedLayer at = layers.get(layer);
        Tensor gradient = at.weight().value().grad();
        return gradient.defined() ? gradient.reshape(at.outFeatures(), at.columns()) : null;
    }

    /** {@code ||W||_F^2} of the weight that a layer runs with. */
    double weightSquares(int layer) {
        try (PointerScope scope = new PointerScope()) {
            return squares(layers.get(layer).runningWeight());
        }
    }

    static double squares(Tensor tensor) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            double norm = tensor.norm().item_double();
            return norm * norm;
        }
    }

    @Override
    public void close() {
        frozen.forEach(weight -> weight.requires_grad_(false));
        if (!moments.isEmpty()) {
            layers.forEach(layer -> layer.setForm(null));
            moments.forEach(SecondMoments::close);
        }
        try (PointerScope scope = new PointerScope()) {
            new ArrayList<>(network.params().values())
                    .forEach(param -> param.value().mutable_grad().reset());
        }
        if (!folded) {
            network.unfold();
        }
    }
}
