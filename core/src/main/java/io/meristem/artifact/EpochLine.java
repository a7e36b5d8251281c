package io.meristem.artifact;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.meristem.adapter.LayerSize;
import io.meristem.tune.EpochReport;
import java.nio.file.Path;
import java.util.List;

/**
 * A line of {@code metrics.jsonl}, as docs/formats.md describes it. The four figures of validation photos are left out where there are none.
 *
 * @param allocatedNumbers null in lines from before it was there
 * @param change null where none was measured
 * @param threshold after this epoch's decision, null before there is one
 * @param reallocated whether an update followed the epoch
 * @param lowered null in lines from before it was there
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record EpochLine(
        int epoch,
        Double rate,
        Double trainLoss,
        Double trainAccuracy,
        @JsonInclude(JsonInclude.Include.NON_NULL) Double valAccuracy,
        @JsonInclude(JsonInclude.Include.NON_NULL) Double valMacroF1,
        @JsonInclude(JsonInclude.Include.NON_NULL) Double valMap,
        @JsonInclude(JsonInclude.Include.NON_NULL) Double valLoss,
        boolean best,
        long adapterNumbers,
        double adapterMib,
        Long allocatedNumbers,
        long headNumbers,
        Double change,
        Double threshold,
        boolean reallocated,
        Integer lowered) {

    /** @param best whether the state after it is the best so far */
    static EpochLine of(EpochReport report, boolean best) {
        var val = report.val();
        return new EpochLine(
                report.epoch(),
                report.rate(),
                report.trainLoss(),
                report.trainAccuracy(),
                val == null ? null : val.accuracy(),
                val == null ? null : val.macroF1(),
                val == null ? null : val.meanAveragePrecision(),
                val == null ? null : val.logLoss(),
                best,
                report.numbers(),
                LayerSize.mib(report.numbers()),
                report.allocated(),
                report.headNumbers(),
                report.change(),
                report.threshold(),
                report.reallocated(),
                report.lowered());
    }

    /**
     * Those of a run, none where no epoch has ended.
     *
     * @throws io.meristem.InputException when the file is damaged
     */
    public static List<EpochLine> read(Path run) {
        return Json.linesIfThere(run.resolve(RunFolder.METRICS), EpochLine.class);
    }
}
