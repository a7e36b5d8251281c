package io.meristem.study;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.meristem.artifact.RunResult;
import io.meristem.eval.Scores;

/**
 * A line of {@code runs.jsonl}: what became of one run.
 *
 * @param key the run folder's name; for a run that could not be told its size, its words without a hash
 * @param model how the study calls it; {@code data} and {@code method} likewise
 * @param error one sentence, or null
 * @param folder relative to the study's, or null when there is none
 * @param val of the best state; null without validation photos, or when the run failed; {@code test} likewise
 * @param averageMib as in the run's result.json, like the two that follow; null when the run failed
 */
public record RunLine(
        String key,
        String model,
        String data,
        String method,
        long seed,
        Status status,
        String error,
        String folder,
        Brief val,
        Brief test,
        Double averageMib,
        Double headMib,
        Double secondsPerEpoch) {

    /** How a run ended. */
    public enum Status {
        @JsonProperty("finished")
        FINISHED,
        @JsonProperty("failed")
        FAILED
    }

    /** The scores that comparisons are made by, in [0, 1]. */
    public record Brief(double accuracy, double macroF1) {

        static Brief of(Scores scores) {
            return scores == null ? null : new Brief(scores.accuracy(), scores.macroF1());
        }
    }

    public boolean finished() {
        return status == Status.FINISHED;
    }

    /** On test photos, or on validation photos where there are none; null without either. */
    public Double accuracy() {
        return test == null ? accuracy(val) : accuracy(test);
    }

    /** Null without test photos. */
    public Double testAccuracy() {
        return accuracy(test);
    }

    /** Null without validation photos. */
    public Double valAccuracy() {
        return accuracy(val);
    }

    /** Null without test photos. */
    public Double testMacroF1() {
        return test == null ? null : test.macroF1();
    }

    private static Double accuracy(Brief scores) {
        return scores == null ? null : scores.accuracy();
    }

    /** All that was trained, the head with it; null when the run failed. */
    public Double trainedMib() {
        return averageMib == null ? null : averageMib + (headMib == null ? 0 : headMib);
    }

    static RunLine finished(Cell cell, String method, String key, RunResult result) {
        return new RunLine(
                key,
                cell.model().label(),
                cell.data().name(),
                method,
                cell.seed(),
                Status.FINISHED,
                null,
                StudyFolder.RUNS + "/" + key,
                Brief.of(result.val()),
                Brief.of(result.test()),
                result.averageMib(),
                result.headMib(),
                result.secondsPerEpoch());
    }

    static RunLine failed(Cell cell, String method, String key, String error, boolean folder) {
        return new RunLine(
                key,
                cell.model().label(),
                cell.data().name(),
                method,
                cell.seed(),
                Status.FAILED,
                error,
                folder ? StudyFolder.RUNS + "/" + key : null,
                null,
                null,
                null,
                null,
                null);
    }
}
