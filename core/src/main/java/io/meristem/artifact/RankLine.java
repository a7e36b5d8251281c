package io.meristem.artifact;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonValue;
import io.meristem.adapter.LayerRank;
import io.meristem.rank.Allocation;
import io.meristem.rank.ScorerMemory;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A line of {@code ranks.jsonl}: one allocation.
 *
 * @param firstEpoch trained with it
 * @param scorer the name of what saw the layers; null for a method without one, and in old runs
 * @param ranges what the scorer remembers of the first allocation, by measure; null where it remembers nothing
 * @param layers in the network's order
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record RankLine(
        int firstEpoch,
        @JsonInclude(JsonInclude.Include.NON_NULL) String scorer,
        @JsonInclude(JsonInclude.Include.NON_NULL) Map<String, ScorerMemory.Range> ranges,
        List<Layer> layers) {

    /** No layer is given a higher rank by any scorer in its right mind. */
    private static final int MOST_GAINS = 4096;

    /** Sums of these are numbers still. */
    private static final double MOST_GAIN = 1e200;

    public RankLine {
        layers = layers == null ? List.of() : List.copyOf(layers);
    }

    static RankLine of(int firstEpoch, Allocation allocation) {
        Map<String, ScorerMemory.Range> ranges = allocation.memory().ranges();
        return new RankLine(
                firstEpoch, allocation.scorer(), ranges.isEmpty() ? null : new TreeMap<>(ranges), layers(allocation));
    }

    static RankLine of(int firstEpoch, List<LayerRank> layers) {
        return new RankLine(
                firstEpoch,
                null,
                null,
                layers.stream()
                        .map(row -> new Layer(
                                row.layer().name(),
                                row.layer().kind(),
                                Map.of(),
                                List.of(),
                                null,
                                row.rank(),
                                row.numbers()))
                        .toList());
    }

    /** The layers of an allocation, as {@code ranks --json} prints them too. */
    public static List<Layer> layers(Allocation allocation) {
        return allocation.rows().stream()
                .map(row -> new Layer(
                        row.layer().name(),
                        row.layer().kind(),
                        row.score().measures(),
                        row.score().gains(),
                        row.score().importance(),
                        row.rank(),
                        row.numbers()))
                .toList();
    }

    /**
     * Those of a run, none for a method that does not allocate.
     *
     * @throws io.meristem.InputException when the file is damaged
     */
    public static List<RankLine> read(Path run) {
        return Json.linesIfThere(run.resolve(RunFolder.RANKS), RankLine.class);
    }

    /**
     * What a layer got. As JSON the measures and gains are fields of their own, between {@code kind} and {@code importance}.
     *
     * @param measures the scorer's, by name
     * @param gains of its directions, greatest first; empty for a scorer that sees none
     * @param importance before any budget; null for a method that knows none
     */
    public record Layer(
            String layer,
            String kind,
            @JsonAnySetter Map<String, Double> measures,
            List<Double> gains,
            Double importance,
            int rank,
            long numbers) {

        public Layer {
            measures = measures == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(measures));
            // What cannot have been written counts as nothing: files may come from strangers.
            gains = gains == null
                    ? List.of()
                    : gains.stream()
                            .limit(MOST_GAINS)
                            .map(gain -> gain == null || !(gain >= 0) ? 0.0 : Math.min(gain, MOST_GAIN))
                            .toList();
        }

        @JsonValue
        Map<String, Object> flat() {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("layer", layer);
            fields.put("kind", kind);
            fields.putAll(measures);
            if (!gains.isEmpty()) {
                fields.put("gains", gains);
            }
            if (importance != null) {
                fields.put("importance", importance);
            }
            fields.put("rank", rank);
            fields.put("numbers", numbers);
            return fields;
        }
    }
}
