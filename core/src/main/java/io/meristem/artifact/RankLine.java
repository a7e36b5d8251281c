package io.meristem.artifact;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.List;

/**
 * A line of {@code ranks.jsonl}: one allocation.
 *
 * @param firstEpoch trained with it
 * @param scorer the name of what saw the layers; null for a method without one, and in old runs
 * @param layers in the network's order
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record RankLine(int firstEpoch, String scorer, List<Layer> layers) {

    /** No layer is given a higher rank by any scorer in its right mind. */
    private static final int MOST_GAINS = 4096;

    /** Sums of these are numbers still. */
    private static final double MOST_GAIN = 1e200;

    public RankLine {
        layers = layers == null ? List.of() : List.copyOf(layers);
    }

    /**
     * What a layer got.
     *
     * @param importance before any budget; null for a method that knows none
     * @param gains of its directions, greatest first; empty for a scorer that sees none
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Layer(String layer, String kind, Double importance, List<Double> gains, int rank, long numbers) {

        public Layer {
            // What cannot have been written counts as nothing: files may come from strangers.
            gains = gains == null
                    ? List.of()
                    : gains.stream()
                            .limit(MOST_GAINS)
                            .map(gain -> gain == null || !(gain >= 0) ? 0.0 : Math.min(gain, MOST_GAIN))
                            .toList();
        }
    }
}
