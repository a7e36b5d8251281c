package io.meristem.artifact;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.meristem.tune.EpochReport;
import java.nio.file.Path;
import java.util.List;

/**
 * A line of {@code timings.jsonl}: what an epoch took, in seconds.
 *
 * @param trainSeconds the steps, with waiting for photos
 * @param waitSeconds of these, waiting
 * @param allocateSeconds measuring, merging, allocating
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record TimingLine(
        int epoch, double trainSeconds, double waitSeconds, double validateSeconds, double allocateSeconds) {

    static TimingLine of(EpochReport report) {
        EpochReport.Timing timing = report.timing();
        return new TimingLine(report.epoch(), timing.train(), timing.waited(), timing.validate(), timing.allocate());
    }

    /** All but saving, which is not measured. */
    public double seconds() {
        return trainSeconds + validateSeconds + allocateSeconds;
    }

    /**
     * Those of a run, none where no epoch has ended.
     *
     * @throws io.meristem.InputException when the file is damaged
     */
    public static List<TimingLine> read(Path run) {
        return Json.linesIfThere(run.resolve(RunFolder.TIMINGS), TimingLine.class);
    }
}
