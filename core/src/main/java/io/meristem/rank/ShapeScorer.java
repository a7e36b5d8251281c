package io.meristem.rank;

import com.fasterxml.jackson.annotation.JsonTypeName;
import io.meristem.op.Conv2d;
import io.meristem.op.WeightedLayer;
import io.meristem.rank.Scoring.Score;
import java.util.List;
import java.util.Map;

/**
 * The layer's shape alone: outputs over the inputs that reach them, {@code q = out / (groups m)} with the weight as a matrix (out, m), over the greatest q of
 * all layers. So rank goes to layers that widen. Looks at neither photos nor weights: the control that says what a scorer learns beyond the network's plan.
 */
@JsonTypeName("shape")
public record ShapeScorer() implements Scorer {

    @Override
    public String about() {
        return "outputs over inputs of the layer";
    }

    @Override
    public boolean keepsInputs() {
        return false;
    }

    @Override
    public Scoring score(ScoringContext subject, ScorerMemory memory) {
        List<Double> widenings = subject.layers().values().stream()
                .map(ShapeScorer::outputsPerInput)
                .toList();
        double greatest =
                widenings.stream().mapToDouble(Double::doubleValue).max().orElse(1);
        return Scoring.of(widenings.stream()
                .map(q -> new Score(q / greatest, Map.of("outputs_per_input", q)))
                .toList());
    }

    /** {@code out / (groups m)}, above 0; a grouped convolution counts all inputs of all its groups. */
    static double outputsPerInput(WeightedLayer layer) {
        int groups = layer.op() instanceof Conv2d conv ? conv.groups() : 1;
        return layer.outFeatures() / ((double) groups * layer.columns());
    }
}
