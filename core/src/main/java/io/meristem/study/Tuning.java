package io.meristem.study;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import java.util.List;

/**
 * How settings are chosen before methods are compared: each trial of a method's grid is trained with seeds that serve nothing else, and judged on validation
 * photos.
 *
 * @param seeds of the trials
 * @param trials how many every method may have; null for as many as its grid has
 * @param choose whether each set of photos and model gets its own settings, or all the same
 */
public record Tuning(List<Long> seeds, Integer trials, Choose choose) {

    /** For what a setting is chosen. */
    public enum Choose {
        /** For each set of photos and model by itself. */
        @JsonProperty("each")
        EACH,
        /** Once for all, by the mean over sets of photos and models. */
        @JsonProperty("all")
        ALL
    }

    public Tuning {
        seeds = List.copyOf(seeds);
        choose = choose == null ? Choose.EACH : choose;
        if (trials != null && trials < 1) {
            throw InputException.ofSettings(
                    ErrorCode.OUT_OF_RANGE, "every method needs at least 1 trial, not %s", trials);
        }
    }
}
