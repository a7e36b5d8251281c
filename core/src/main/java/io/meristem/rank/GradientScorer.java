package io.meristem.rank;

import io.meristem.nn.Network;
import io.meristem.nn.Tape;
import io.meristem.nn.WeightedLayer;
import io.meristem.rank.Scoring.Score;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * How strongly the loss pulls at a layer: {@code g = sqrt(mean over batches ||dL/dW||_F^2) / ||W||_F} with L the mean cross entropy of a calibration batch and
 * W the layer's whole weight, merged updates included; over the greatest g of all layers. It sees the labels, through the head as it is.
 */
public record GradientScorer() implements Scorer {

    @Override
    public String label() {
        return "gradient";
    }

    @Override
    public Scoring score(Subject subject, ScorerMemory memory) {
        double[] pull = relativeGradients(subject);
        double greatest = Arrays.stream(pull).max().orElse(0);
        return Scoring.of(Arrays.stream(pull)
                .mapToObj(g -> new Score(greatest > 0 ? g / greatest : 0, Map.of("relative_gradient", g)))
                .toList());
    }

    /** g of each layer, in their order; 0 for a weight of zeros. */
    static double[] relativeGradients(Subject subject) {
        List<WeightedLayer> layers = List.copyOf(subject.layers().values());
        double[] energy = meanEnergy(subject, layers);
        double[] relative = new double[energy.length];
        for (int i = 0; i < relative.length; i++) {
            double weight = squares(layers.get(i).weight().value());
            relative[i] = weight > 0 ? Math.sqrt(energy[i] / weight) : 0;
        }
        return relative;
    }

    /** Mean over the batches of {@code ||dL/dW||_F^2}; has the weights train for as long as that takes. */
    private static double[] meanEnergy(Subject subject, List<WeightedLayer> layers) {
        if (layers.stream().anyMatch(layer -> layer.runningScale() != null)) {
            throw new IllegalStateException("a folded weight has another gradient: unfold the network first");
        }
        Network network = subject.network();
        List<Tensor> weights = layers.stream().map(l -> l.weight().value()).toList();
        List<Tensor> frozen = weights.stream().filter(w -> !w.requires_grad()).toList();
        double[] sums = new double[weights.size()];
        int[] batches = {0};
        network.train(false);
        frozen.forEach(weight -> weight.requires_grad_(true));
        try {
            subject.photos().forEachLabelled((images, labels) -> {
                backward(network, images, labels);
                for (int i = 0; i < sums.length; i++) {
                    sums[i] += gradientSquares(weights.get(i));
                }
                batches[0]++;
            });
        } finally {
            frozen.forEach(weight -> weight.requires_grad_(false));
            dropGradients(network);
        }
        return Arrays.stream(sums).map(sum -> sum / Math.max(1, batches[0])).toArray();
    }

    /** Puts the gradients of the mean cross entropy of a batch into all that trains. */
    private static void backward(Network network, Tensor images, Tensor labels) {
        // Blocks are computed twice: a calibration batch is larger than a training step's, and must not need more
        // memory.
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard();
                Tape tape = new Tape(false, true)) {
            Tensor logits = network.forward(images, tape); // (N, classes)
            Tensor truth = torch.one_hot(labels, network.classes());
            Scalar photos = new Scalar((double) images.size(0));
            tape.backward(torch.softmax(logits, 1).sub(truth).div(photos));
        }
    }

    private static double gradientSquares(Tensor weight) {
        try (PointerScope scope = new PointerScope()) {
            Tensor gradient = weight.grad();
            return gradient.defined() ? squares(gradient) : 0;
        }
    }

    private static double squares(Tensor tensor) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            double norm = tensor.norm().item_double();
            return norm * norm;
        }
    }

    private static void dropGradients(Network network) {
        try (PointerScope scope = new PointerScope()) {
            new ArrayList<>(network.params().values())
                    .forEach(param -> param.value().mutable_grad().reset());
        }
    }
}
