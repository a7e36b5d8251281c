package io.meristem.rank;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.meristem.NamedTypes;
import java.util.List;
import java.util.Optional;

/**
 * How much rank each layer deserves, seen in one way. Each scorer is one record with its settings; {@link Allocator} makes ranks of what it says, under the
 * same bounds and budget for all.
 *
 * <p>To add one, write its record and name it in {@code permits}. {@code @JsonTypeName} is what files and the command line call it; a constant {@code DEFAULT}, or
 * a record without components, has its usual settings.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "name")
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

    /** All of them with their usual settings, in the order of {@code permits}. */
    static List<Scorer> all() {
        return NamedTypes.of(Scorer.class).values().stream()
                .<Scorer>map(NamedTypes::usual)
                .toList();
    }

    /** The one of that name, with its usual settings. */
    static Optional<Scorer> named(String name) {
        return all().stream().filter(scorer -> scorer.label().equals(name)).findFirst();
    }

    /** Its name on the command line and in files. */
    default String label() {
        return NamedTypes.name(getClass());
    }

    /** What it looks at, in a few words, for a list of scorers. */
    String about();

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
