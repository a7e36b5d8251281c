package io.meristem.rank;

import java.util.Map;

/**
 * What a scorer remembers from one allocation of a run to the next; all there is to save.
 *
 * @param ranges by name of the measure, as seen at the first allocation
 */
public record ScorerMemory(Map<String, Range> ranges) {

    /** Before the first allocation, and always with scorers that remember nothing. */
    public static final ScorerMemory NONE = new ScorerMemory(Map.of());

    /** From the least to the greatest value of a measure over the layers. */
    public record Range(double least, double greatest) {

        /** Where {@code value} lies in it: 0 at or below the least, 1 at or above the greatest, one half in a range of one value only. */
        public double place(double value) {
            if (value == least && value == greatest) {
                return 0.5;
            }
            return value <= least ? 0 : value >= greatest ? 1 : (value - least) / (greatest - least);
        }
    }
}
