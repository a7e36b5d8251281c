package io.meristem.rank;

import io.meristem.Message;
import io.meristem.adapter.LayerSize;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Ranks, and what they follow from.
 *
 * @param scorer the name of what saw the layers' importance
 * @param memory to be given to the scorer at the run's next allocation
 * @param note a sentence to be shown to the user
 * @param own trainable numbers that the scorer would have taken without a budget
 */
public record Allocation(String scorer, List<Row> rows, ScorerMemory memory, Optional<Message> note, long own) {

    /** One layer. */
    public record Row(LayerSize layer, Scoring.Score score, int rank) {

        /** Trainable numbers of this layer's adapter. */
        public long numbers() {
            return (long) rank * layer.perRank();
        }
    }

    /**
     * Has {@code scorer} look at the subject and gives each of its layers a rank.
     *
     * @param memory of the run's allocation before, or {@link ScorerMemory#NONE}
     */
    public static Allocation of(ScoringContext subject, Scorer scorer, ScorerMemory memory) {
        List<LayerSize> sizes = subject.sizes();
        Scoring scoring = scorer.score(subject, memory);
        double[] importances =
                scoring.scores().stream().mapToDouble(Scoring.Score::importance).toArray();
        int[] ranks = scoring.ranks() == null
                ? Allocator.allocate(sizes, importances, subject.options())
                : scoring.ranks().stream().mapToInt(Integer::intValue).toArray();
        int[] own = scoring.own() == null
                ? Allocator.allocate(sizes, importances, subject.options().withoutBudget())
                : scoring.own().stream().mapToInt(Integer::intValue).toArray();
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < ranks.length; i++) {
            rows.add(new Row(sizes.get(i), scoring.scores().get(i), ranks[i]));
        }
        return new Allocation(
                scorer.label(),
                List.copyOf(rows),
                scoring.memory(),
                Allocator.unused(sizes, importances, subject.options(), ranks),
                LayerSize.numbers(sizes, own));
    }

    /** What the scorer saw. */
    public ScorerSummary sight() {
        return ScorerSummary.of(rows);
    }

    /** Rank by layer name, in definition order. */
    public Map<String, Integer> ranks() {
        Map<String, Integer> ranks = new LinkedHashMap<>();
        rows.forEach(row -> ranks.put(row.layer().name(), row.rank()));
        return ranks;
    }

    /** Trainable numbers of all adapters together. */
    public long numbers() {
        return rows.stream().mapToLong(Row::numbers).sum();
    }
}
