package io.meristem.artifact;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.List;

/**
 * A line of {@code ranks.jsonl}: one allocation.
 *
 * @param firstEpoch trained with it
 * @param layers in the network's order
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record RankLine(int firstEpoch, List<Layer> layers) {

    public RankLine {
        layers = layers == null ? List.of() : List.copyOf(layers);
    }

    /**
     * What a layer got.
     *
     * @param importance before any budget; null for a method that knows none
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Layer(String layer, String kind, Double importance, int rank, long numbers) {}
}
