package io.meristem.study;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.meristem.artifact.Json;
import io.meristem.artifact.RunResult;
import io.meristem.eval.Scores;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A line of {@code runs.jsonl}: what became of one run, and all of it that tables need. Fields that lines from before there was tuning lack are null.
 *
 * @param key the run folder's name; for a run that could not be told its size or its settings, its words without a hash
 * @param model how the study calls it; {@code data} and {@code method} likewise
 * @param study tells lines of one study from another's ({@link Study#key})
 * @param role what the run serves: {@code tuning} or {@code confirmation}
 * @param trial in which settings the run differs from the method's other trials; empty where there is one
 * @param settings the first digits of a hash of all settings but the seed
 * @param error one sentence, or null
 * @param folder relative to the study's, or null when there is none
 * @param val of the best state; null without validation photos, or when the run failed
 * @param test likewise; null also for a run that tunes, as settings must not be chosen by it
 * @param epochs of the training; null when the run failed
 * @param averageMib as in the run's result.json, like those that follow; null when the run failed
 * @param synthetic whether the photos are drawn
 */
public record RunLine(
        String key,
        String model,
        String data,
        String method,
        long seed,
        Status status,
        String study,
        String role,
        String trial,
        String settings,
        String error,
        String folder,
        Brief val,
        Brief test,
        Integer epochs,
        Double averageMib,
        Double headMib,
        Double modelMib,
        Double secondsPerEpoch,
        Boolean synthetic) {

    /**
     * Those of a study, or of a copy of its lines.
     *
     * @throws io.meristem.InputException when the file is not there, or damaged
     */
    public static List<RunLine> read(Path study) {
        return Json.lines(study.resolve(StudyJob.LINES), RunLine.class);
    }

    /** What the file holds. */
    static String text(List<RunLine> lines) {
        return lines.stream().map(line -> Json.line(line) + "\n").collect(Collectors.joining());
    }

    /** How a run ended. */
    public enum Status {
        @JsonProperty("finished")
        FINISHED,
        @JsonProperty("failed")
        FAILED
    }

    /**
     * The scores that comparisons are made by.
     *
     * @param photos how many were judged; null in lines from before it was there, like {@code logLoss}
     */
    public record Brief(Integer photos, double accuracy, double macroF1, Double logLoss) {

        static Brief of(Scores scores) {
            return scores == null
                    ? null
                    : new Brief(scores.photos(), scores.accuracy(), scores.macroF1(), scores.logLoss());
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

    /** Whether the run served to choose settings. */
    public boolean tuned() {
        return RunRequest.Role.TUNING.label().equals(role);
    }

    /** Its method, and its trial where it is one of several. */
    public String methodAndTrial() {
        return trial == null || trial.isEmpty() ? method : method + " (" + trial + ")";
    }

    static RunLine finished(
            RunRequest slot, Trial trial, String study, String key, RunResult result, boolean synthetic) {
        return new RunLine(
                key,
                slot.model().label(),
                slot.data().name(),
                slot.method().label(),
                slot.seed(),
                Status.FINISHED,
                study,
                slot.role().label(),
                trial.words(),
                settings(trial),
                null,
                StudyFolder.RUNS + "/" + key,
                Brief.of(result.val()),
                slot.role() == RunRequest.Role.TUNING ? null : Brief.of(result.test()),
                result.epochs(),
                result.averageMib(),
                result.headMib(),
                result.modelMib(),
                result.secondsPerEpoch(),
                synthetic);
    }

    /** @param trial null when it could not be chosen */
    static RunLine failed(
            RunRequest slot, Trial trial, String study, String key, String error, boolean folder, boolean synthetic) {
        return new RunLine(
                key,
                slot.model().label(),
                slot.data().name(),
                slot.method().label(),
                slot.seed(),
                Status.FAILED,
                study,
                slot.role().label(),
                trial == null ? null : trial.words(),
                trial == null ? null : settings(trial),
                error,
                folder ? StudyFolder.RUNS + "/" + key : null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                synthetic);
    }

    private static String settings(Trial trial) {
        ObjectNode tree = (ObjectNode) Json.tree(trial.train());
        tree.remove("seed");
        return StudyInputs.digits(Json.line(tree));
    }

    RunLine withoutFolder() {
        return new RunLine(
                key,
                model,
                data,
                method,
                seed,
                status,
                study,
                role,
                trial,
                settings,
                error,
                null,
                val,
                test,
                epochs,
                averageMib,
                headMib,
                modelMib,
                secondsPerEpoch,
                synthetic);
    }

    /** What tables show of the run; not its course, nor single classes. Null when it failed. */
    FinishedRun result(Path folder) {
        return !finished()
                ? null
                : new FinishedRun(
                        key,
                        folder,
                        new RunResult(
                                method,
                                epochs == null ? 1 : epochs,
                                0,
                                scores(val),
                                scores(test),
                                modelMib == null ? 0 : modelMib,
                                List.of(),
                                averageMib == null ? Double.NaN : averageMib,
                                headMib == null ? 0 : headMib,
                                secondsPerEpoch == null ? Double.NaN : secondsPerEpoch,
                                List.of(),
                                0));
    }

    private static Scores scores(Brief brief) {
        return brief == null
                ? null
                : new Scores(
                        brief.photos() == null ? 0 : brief.photos(),
                        brief.accuracy(),
                        brief.macroF1(),
                        Double.NaN,
                        brief.logLoss() == null ? Double.NaN : brief.logLoss(),
                        List.of(),
                        new int[0][0]);
    }
}
