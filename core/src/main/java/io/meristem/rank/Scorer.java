package io.meristem.rank;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/**
 * How much rank each layer deserves, seen in one way. Each scorer is one record with its settings; {@link Allocator} makes ranks of what it says, under the
 * same bounds and budget for all.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "name")
@JsonSubTypes({
    @JsonSubTypes.Type(value = CkaScorer.class, name = "cka"),
    @JsonSubTypes.Type(value = NormalisedCkaScorer.class, name = "cka-normalised"),
    @JsonSubTypes.Type(value = GradientScorer.class, name = "gradient"),
    @JsonSubTypes.Type(value = SpectrumScorer.class, name = "spectrum"),
    @JsonSubTypes.Type(value = WhitenedSpectrumScorer.class, name = "spectrum-whitened"),
    @JsonSubTypes.Type(value = AlignmentScorer.class, name = "alignment"),
    @JsonSubTypes.Type(value = UpdateScorer.class, name = "update"),
    @JsonSubTypes.Type(value = ActivationScorer.class, name = "activation"),
    @JsonSubTypes.Type(value = StableRankScorer.class, name = "stable-rank"),
    @JsonSubTypes.Type(value = ShapeScorer.class, name = "shape"),
    @JsonSubTypes.Type(value = UniformScorer.class, name = "uniform"),
    @JsonSubTypes.Type(value = RandomScorer.class, name = "random")
})
public sealed interface Scorer
        permits CkaScorer,
                NormalisedCkaScorer,
                GradientScorer,
                SpectrumScorer,
                WhitenedSpectrumScorer,
                AlignmentScorer,
                UpdateScorer,
                ActivationScorer,
                StableRankScorer,
                ShapeScorer,
                UniformScorer,
                RandomScorer {

    /** Its name on the command line and in files. */
    String label();

    /** Whether it keeps vectors that enter each layer while it looks; the memory forecast counts them. */
    boolean keepsInputs();

    /** Whether what it sees makes sense only through a head that fits the classes, not through one drawn at random. */
    default boolean needsFittedHead() {
        return false;
    }

    /** Whether it has something to see only once the network has been trained with adapters; until then all layers are alike to it. */
    default boolean needsTraining() {
        return false;
    }

    /**
     * Looks at the network as it is now; the network is left as it was, in evaluation mode.
     *
     * @param memory what the scorer remembered after the allocation before this one in the same run, or {@link ScorerMemory#NONE}
     */
    Scoring score(ScoringContext subject, ScorerMemory memory);
}
