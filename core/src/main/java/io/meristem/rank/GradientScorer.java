package io.meristem.rank;

import com.fasterxml.jackson.annotation.JsonTypeName;
import io.meristem.rank.Scoring.Score;
import java.util.Arrays;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * How strongly the loss pulls at a layer: {@code g = sqrt(mean over batches ||dL/dW||_F^2) / ||W||_F}, over the greatest g of all layers. L is the mean cross
 * entropy of a calibration batch, which sees the labels through the head as it is. W is the layer's whole weight, merged updates included, with the
 * normalisation that follows taken in: so the measure is the same for all ways to share a scale between a convolution and its normalisation.
 */
@JsonTypeName("gradient")
public record GradientScorer() implements Scorer {

    @Override
    public String about() {
        return "the loss's pull at the weight";
    }

    @Override
    public boolean keepsInputs() {
        return false;
    }

    @Override
    public Scoring score(ScoringContext subject, ScorerMemory memory) {
        double[] pull = relativeGradients(subject);
        double greatest = Arrays.stream(pull).max().orElse(0);
        return Scoring.of(Arrays.stream(pull)
                .mapToObj(g -> new Score(greatest > 0 ? g / greatest : 0, Map.of("relative_gradient", g)))
                .toList());
    }

    /** g of each layer, in their order; 0 for a weight of zeros. */
    static double[] relativeGradients(ScoringContext subject) {
        try (WeightGradients gradients = new WeightGradients(subject)) {
            double[] energy = new double[gradients.layers().size()];
            int[] batches = {0};
            subject.photos().forEachLabelled((images, labels) -> {
                gradients.backward(images, labels);
                for (int i = 0; i < energy.length; i++) {
                    try (PointerScope scope = new PointerScope()) {
                        Tensor gradient = gradients.of(i);
                        energy[i] += gradient == null ? 0 : WeightGradients.squares(gradient);
                    }
                }
                batches[0]++;
            });
            double[] relative = new double[energy.length];
            for (int i = 0; i < relative.length; i++) {
                double weight = gradients.weightSquares(i);
                relative[i] = weight > 0 ? Math.sqrt(energy[i] / batches[0] / weight) : 0;
            }
            return relative;
        }
    }
}
