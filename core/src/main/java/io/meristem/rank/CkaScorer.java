package io.meristem.rank;

import com.fasterxml.jackson.annotation.JsonTypeName;
import io.meristem.rank.Scoring.Score;
import java.util.LinkedHashMap;
import java.util.Map;

/** Similarity between what enters a layer and what leaves it, raw and corrected: DRA's own (docs/method.md, sections 2 to 4). */
@JsonTypeName("cka")
public record CkaScorer(Importance importance) implements Scorer, WeighsSimilarity {

    /** With the study's weights. */
    public static final CkaScorer DEFAULT = new CkaScorer(Importance.DEFAULT);

    @Override
    public Scorer withImportance(Importance weights) {
        return new CkaScorer(weights);
    }

    @Override
    public String about() {
        return "similarity across a layer, with its correction";
    }

    @Override
    public boolean keepsInputs() {
        return false;
    }

    @Override
    public Scoring score(ScoringContext subject, ScorerMemory memory) {
        Map<String, Similarity> measured = GramProbe.measure(subject.network(), subject.photos());
        return Scoring.of(subject.layers().keySet().stream()
                .map(measured::get)
                .map(s -> new Score(importance.of(s), measures(importance, s)))
                .toList());
    }

    static Map<String, Double> measures(Importance importance, Similarity s) {
        Map<String, Double> measures = new LinkedHashMap<>();
        measures.put("cka_raw", s.raw());
        measures.put("cka_debiased", s.debiased());
        measures.put("spread", s.spread());
        measures.put("correction", importance.correction(s));
        return measures;
    }
}
