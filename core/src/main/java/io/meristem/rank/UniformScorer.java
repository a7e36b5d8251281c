package io.meristem.rank;

import com.fasterxml.jackson.annotation.JsonTypeName;
import io.meristem.rank.Scoring.Score;
import java.util.Collections;
import java.util.Map;

/** All layers alike: the control that says what a budget is worth without any signal. Without a budget every layer gets the greatest rank. */
@JsonTypeName("uniform")
public record UniformScorer() implements Scorer {

    @Override
    public String about() {
        return "all alike";
    }

    @Override
    public boolean keepsInputs() {
        return false;
    }

    @Override
    public Scoring score(ScoringContext subject, ScorerMemory memory) {
        return Scoring.of(Collections.nCopies(subject.layers().size(), new Score(1, Map.of())));
    }
}
