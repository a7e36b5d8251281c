package io.meristem.rank;

import com.fasterxml.jackson.annotation.JsonTypeName;
import io.meristem.engine.Seeds;
import io.meristem.rank.Scoring.Score;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * An even draw from [0, 1) for each layer and allocation, from the run's seed and the layer's name: the control that says whether any uneven allocation does
 * as well.
 */
@JsonTypeName("random")
public record RandomScorer() implements Scorer {

    @Override
    public String about() {
        return "drawn by chance";
    }

    @Override
    public boolean keepsInputs() {
        return false;
    }

    @Override
    public Scoring score(ScoringContext subject, ScorerMemory memory) {
        return Scoring.of(subject.layers().keySet().stream()
                .map(name -> new SplittableRandom(Seeds.of(subject.seed(), "random scorer", subject.round(), name)))
                .map(random -> new Score(random.nextDouble(), Map.of()))
                .toList());
    }
}
