package io.meristem.artifact;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;

/**
 * A line of {@code metrics.jsonl}, as docs/formats.md describes it; what a run has not measured is null.
 *
 * @param change null where none was measured
 * @param threshold after this epoch's decision, null before there is one
 * @param reallocated whether an update followed the epoch
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record EpochLine(
        int epoch,
        Double rate,
        Double trainLoss,
        Double trainAccuracy,
        Double valAccuracy,
        Double valMacroF1,
        Double valMap,
        Double valLoss,
        boolean best,
        long adapterNumbers,
        double adapterMib,
        long headNumbers,
        Double change,
        Double threshold,
        boolean reallocated) {}
