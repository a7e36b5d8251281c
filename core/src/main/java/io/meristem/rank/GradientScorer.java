package io.meristem.rank;

import io.meristem.nn.LabelledFeed;
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
 * How strongly the loss pulls at a layer: {@code g = sqrt(mean over batches ||dL/dW||_F^2) / ||W||_F}, over the greatest g of all layers. L is the mean cross
 * entropy of a calibration batch, which sees the labels through the head as it is. W is the layer's whole weight, merged updates included, with the
 * normalisation that follows taken in: so the measure is the same for all ways to share a scale between a convolution and its normalisation.
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
        Network network = subject.network();
        boolean folded = subject.layers().values().stream().anyMatch(layer -> layer.runningScale() != null);
        network.fold();
        try {
            return ofRunningWeights(network, List.copyOf(subject.layers().values()), subject.photos());
        } finally {
            if (!folded) {
                network.unfold();
            }
        }
    }

    /** Has the weights train for as long as it takes. */
    private static double[] ofRunningWeights(Network network, List<WeightedLayer> layers, LabelledFeed photos) {
        List<Tensor> weights = layers.stream().map(l -> l.weight().value()).toList();
        List<Tensor> frozen = weights.stream().filter(w -> !w.requires_grad()).toList();
        double[] energy = new double[weights.size()];
        int[] batches = {0};
        network.train(false);
        frozen.forEach(weight -> weight.requires_grad_(true));
        try {
            photos.forEachLabelled((images, labels) -> {
                backward(network, images, labels);
                for (int i = 0; i < energy.length; i++) {
                    energy[i] += gradientSquares(weights.get(i));
                }
                batches[0]++;
            });
        } finally {
            frozen.forEach(weight -> weight.requires_grad_(false));
            dropGradients(network);
        }
        double[] relative = new double[energy.length];
        for (int i = 0; i < relative.length; i++) {
            double weight = squares(layers.get(i).runningWeight());
            relative[i] = weight > 0 ? Math.sqrt(energy[i] / batches[0] / weight) : 0;
        }
        return relative;
    }

    /** Puts the gradients of a batch's mean cross entropy into all that trains; a folded layer's is that of the weight it runs with. */
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
