package io.meristem.rank;

import com.fasterxml.jackson.annotation.JsonTypeName;
import io.meristem.op.WeightedLayer;
import io.meristem.rank.Scoring.Score;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/**
 * The stable rank of the layer's weight as a matrix (out, m), {@code ||W||_F^2 / ||W||_2^2} (Rudelson and Vershynin 2007), over its full rank {@code min(out,
 * m)}: how evenly the pretrained weight uses its directions. Looks at no photos.
 */
@JsonTypeName("stable-rank")
public record StableRankScorer() implements Scorer {

    @Override
    public String about() {
        return "of the weight";
    }

    @Override
    public boolean keepsInputs() {
        return false;
    }

    @Override
    public Scoring score(ScoringContext subject, ScorerMemory memory) {
        List<Score> scores = new ArrayList<>();
        for (WeightedLayer layer : subject.layers().values()) {
            double stable = stableRank(layer);
            int full = Math.min(layer.outFeatures(), layer.columns());
            scores.add(new Score(stable / full, Map.of("stable_rank", stable)));
        }
        return Scoring.of(List.copyOf(scores));
    }

    /** From 1 to the full rank; 0 for a weight of zeros. */
    static double stableRank(WeightedLayer layer) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Tensor matrix = layer.weight().value().reshape(layer.outFeatures(), layer.columns());
            double[] spectrum = Spectrum.ofRows(matrix);
            double greatest = spectrum[0];
            double sum = 0;
            for (double value : spectrum) {
                sum += value;
            }
            return greatest > 0 ? sum / greatest : 0;
        }
    }
}
