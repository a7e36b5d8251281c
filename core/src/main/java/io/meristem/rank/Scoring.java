package io.meristem.rank;

import java.util.List;
import java.util.Map;

/**
 * What a scorer says.
 *
 * @param scores in the order of the subject's layers
 * @param memory to be given to the scorer at the next allocation of the run
 * @param ranks in the same order, within the subject's bounds and budget; null where they follow from the importances
 * @param own ranks that the scorer would give without a budget, within the same bounds; null where they follow from the importances
 */
public record Scoring(List<Score> scores, ScorerMemory memory, List<Integer> ranks, List<Integer> own) {

    /** Of a scorer that says where ranks should go, and leaves to {@link Allocator} how many. */
    Scoring(List<Score> scores, ScorerMemory memory) {
        this(scores, memory, null, null);
    }

    /**
     * Of one layer.
     *
     * @param importance I, in [0, 1], before any budget
     * @param measures what it follows from, by name in snake_case, in an order to be read in; the same names for all layers
     * @param gains of the layer's directions, greatest first, up to the greatest rank that it can get; empty for a scorer that does not see directions
     */
    public record Score(double importance, Map<String, Double> measures, List<Double> gains) {

        /** Of a scorer that sees layers as a whole. */
        public Score(double importance, Map<String, Double> measures) {
            this(importance, measures, List.of());
        }
    }

    /** Of a scorer that remembers nothing. */
    static Scoring of(List<Score> scores) {
        return new Scoring(scores, ScorerMemory.NONE);
    }
}
