package io.meristem.rank;

import com.fasterxml.jackson.annotation.JsonTypeName;
import io.meristem.rank.ScorerMemory.Range;
import io.meristem.rank.Scoring.Score;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * {@link CkaScorer} with both terms, S_raw and C, stretched to [0, 1] over the layers before they are weighed: {@code I = alpha place(S_raw) + beta place(C)}.
 * The ranges are those of a run's first allocation, so that later ones can be compared with it; what falls outside counts as their end.
 */
@JsonTypeName("cka-normalised")
public record NormalisedCkaScorer(Importance importance) implements Scorer, WeighsSimilarity {

    /** With the study's weights. */
    public static final NormalisedCkaScorer DEFAULT = new NormalisedCkaScorer(Importance.DEFAULT);

    private static final String RAW = "cka_raw";
    private static final String CORRECTION = "correction";

    @Override
    public Scorer withImportance(Importance weights) {
        return new NormalisedCkaScorer(weights);
    }

    @Override
    public String about() {
        return "its two terms stretched over the layers";
    }

    @Override
    public boolean keepsInputs() {
        return false;
    }

    @Override
    public Scoring score(ScoringContext subject, ScorerMemory memory) {
        Map<String, Similarity> all = GramProbe.measure(subject.network(), subject.photos());
        return score(subject.layers().keySet().stream().map(all::get).toList(), memory);
    }

    /** @param measured in the order of the layers, which are all that count for the ranges */
    Scoring score(List<Similarity> measured, ScorerMemory memory) {
        Map<String, Range> ranges = memory.ranges().isEmpty()
                ? Map.of(RAW, range(measured, Similarity::raw), CORRECTION, range(measured, importance::correction))
                : memory.ranges();
        List<Score> scores = new ArrayList<>();
        for (Similarity s : measured) {
            double raw = ranges.get(RAW).place(s.raw());
            double correction = ranges.get(CORRECTION).place(importance.correction(s));
            Map<String, Double> measures = CkaScorer.measures(importance, s);
            measures.put("raw_place", raw);
            measures.put("correction_place", correction);
            scores.add(new Score(importance.alpha() * raw + importance.beta() * correction, measures));
        }
        return new Scoring(List.copyOf(scores), new ScorerMemory(ranges));
    }

    private static Range range(List<Similarity> measured, ToDoubleFunction<Similarity> measure) {
        return new Range(
                measured.stream().mapToDouble(measure).min().orElse(0),
                measured.stream().mapToDouble(measure).max().orElse(1));
    }
}
