package io.meristem.study;

import io.meristem.eval.Scores;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;

/** What is known of a study's runs, for its tables. */
final class Results {

    /**
     * Runs that differ by their seed only, as a table groups them.
     *
     * @param runs that are finished
     */
    record Group(StudyData data, StudyModel model, StudyMethod method, List<FinishedRun> runs) {}

    /**
     * A trial as tuning saw it.
     *
     * @param runs that are finished
     * @param failed how many failed
     * @param expected how many there are to be
     */
    record Tried(Trial trial, List<FinishedRun> runs, int failed, int expected) {

        boolean ended() {
            return runs.size() + failed == expected;
        }

        /** On validation photos, mean over the runs. */
        double accuracy() {
            return mean(Scores::accuracy);
        }

        double logLoss() {
            return mean(Scores::logLoss);
        }

        private double mean(ToDoubleFunction<Scores> measure) {
            return runs.stream()
                    .mapToDouble(run -> measure.applyAsDouble(run.result().val()))
                    .average()
                    .orElse(Double.NaN);
        }
    }

    /** Means of the same numbers in another order differ by rounding. */
    private static final double SAME = 1e-12;

    private final Study study;
    private final Predicate<StudyData> synthetic;
    private final Map<StudyRun, FinishedRun> finished = new HashMap<>();
    private final Map<Object, String> failed = new HashMap<>();
    private PerturbedRuns perturbed;

    /** @param synthetic whether photos are drawn */
    Results(Study study, Predicate<StudyData> synthetic) {
        this.study = study;
        this.synthetic = synthetic;
    }

    /** Says how runs are judged on perturbed photos, for tables that ask. */
    void judgeWith(PerturbedRuns perturbed) {
        this.perturbed = perturbed;
    }

    PerturbedRuns perturbed() {
        return perturbed;
    }

    void add(StudyRun cell, FinishedRun run) {
        finished.put(cell, run);
        failed.remove(cell);
    }

    void addFailure(RunRequest slot, String error) {
        StudyRun cell = cell(slot);
        failed.put(cell == null ? slot : cell, error);
    }

    Study study() {
        return study;
    }

    /** Null when it is not finished. */
    FinishedRun of(StudyRun cell) {
        return finished.get(cell);
    }

    /** Likewise, or when its settings are not chosen yet. */
    FinishedRun of(RunRequest slot) {
        StudyRun cell = cell(slot);
        return cell == null ? null : of(cell);
    }

    /** The run that compares. */
    FinishedRun of(StudyModel model, StudyData data, StudyMethod method, long seed) {
        return of(RunRequest.of(model, data, method, RunRequest.Role.CONFIRMATION, seed));
    }

    /** Null while its settings are not chosen. */
    StudyRun cell(RunRequest slot) {
        Trial trial = trial(slot);
        return trial == null ? null : slot.with(trial);
    }

    Trial trial(RunRequest slot) {
        return slot.isOpen() ? chosen(slot.model(), slot.data(), slot.method()) : slot.trial();
    }

    /**
     * The settings that tuning chooses: those with the highest mean validation accuracy, among equals the lowest mean log loss, then the first of the grid. A
     * trial of which a run failed cannot be chosen. Null until all trials have ended, and when none can be chosen.
     */
    Trial chosen(StudyModel model, StudyData data, StudyMethod method) {
        List<Tried> all = tried(model, data, method);
        if (!all.stream().allMatch(Tried::ended)) {
            return null;
        }
        Tried best = null;
        for (Tried tried : all) {
            if (tried.failed() == 0 && (best == null || better(tried, best))) {
                best = tried;
            }
        }
        return best == null ? null : best.trial();
    }

    private static boolean better(Tried one, Tried other) {
        double gain = one.accuracy() - other.accuracy();
        return gain > SAME || (gain > -SAME && one.logLoss() < other.logLoss() - SAME);
    }

    /** The method's trials, on these photos and model or on all, as the study tunes. */
    List<Tried> tried(StudyModel model, StudyData data, StudyMethod method) {
        boolean all = study.tuning().choose() == Tuning.Choose.ALL;
        List<Tried> tried = new ArrayList<>();
        for (Trial trial : method.trials()) {
            List<FinishedRun> runs = new ArrayList<>();
            int broken = 0;
            int expected = 0;
            for (StudyData photos : all ? study.data() : List.of(data)) {
                for (StudyModel network : all ? study.models() : List.of(model)) {
                    for (long seed : study.tuning().seeds()) {
                        StudyRun cell = new StudyRun(network, photos, trial.train(), method.sizeOf(), seed);
                        expected++;
                        if (finished.containsKey(cell)) {
                            runs.add(finished.get(cell));
                        } else if (failed.containsKey(cell)) {
                            broken++;
                        }
                    }
                }
            }
            tried.add(new Tried(trial, runs, broken, expected));
        }
        return tried;
    }

    /** By photos, model and method, in the study's order; also where nothing is finished. */
    List<Group> groups(Question question) {
        List<Group> groups = new ArrayList<>();
        for (StudyData data : study.data()) {
            for (StudyModel model : study.models()) {
                question.methods()
                        .forEach(method -> groups.add(new Group(
                                data,
                                model,
                                method,
                                study.seeds().stream()
                                        .map(seed -> of(model, data, method, seed))
                                        .filter(Objects::nonNull)
                                        .toList())));
            }
        }
        return groups;
    }

    /** What a reader of any table of these runs ought to know. */
    List<String> notes(Question question) {
        List<String> notes = new ArrayList<>();
        long planned = 0;
        long done = 0;
        List<String> errors = new ArrayList<>();
        for (StudyData data : study.data()) {
            for (StudyModel model : study.models()) {
                for (StudyMethod method : question.methods()) {
                    for (long seed : study.seeds()) {
                        RunRequest slot = RunRequest.of(model, data, method, RunRequest.Role.CONFIRMATION, seed);
                        planned++;
                        done += of(slot) != null ? 1 : 0;
                        String error = failed.getOrDefault(cell(slot), failed.get(slot));
                        if (error != null) {
                            errors.add("Failed: " + method.label() + " on " + model.label() + ", " + data.name()
                                    + ", seed " + seed + ": " + error);
                        }
                    }
                }
            }
            if (synthetic.test(data)) {
                notes.add("The photos of " + data.name()
                        + " are SYNTHETIC: drawn by a program. These figures say nothing about real plants.");
            }
        }
        if (done < planned) {
            notes.add(done + " of " + planned + " runs are finished.");
        }
        notes.addAll(errors);
        return notes;
    }

    /** Says what scores were taken on, and how cells are to be read. */
    List<String> scoreNotes(Question question) {
        List<FinishedRun> runs = groups(question).stream()
                .flatMap(group -> group.runs().stream())
                .toList();
        List<String> notes = new ArrayList<>();
        if (runs.stream().anyMatch(run -> run.result().test() != null)) {
            notes.add(
                    "Scores on the test photos, which were looked at once, of the epoch that was best on validation.");
        }
        if (runs.stream()
                .anyMatch(run -> run.result().test() == null && run.result().val() != null)) {
            notes.add("Where there are no test photos, scores on the validation photos that the best epoch was chosen"
                    + " on, which flatters.");
        }
        notes.add("Mean ± sample standard deviation over n seeds.");
        return notes;
    }
}
