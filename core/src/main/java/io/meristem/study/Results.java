package io.meristem.study;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What is known of a study's runs, for its tables. */
final class Results {

    /**
     * Runs that differ by their seed only, as a table groups them.
     *
     * @param runs that are finished
     */
    record Group(StudyData data, StudyModel model, StudyMethod method, List<Finished> runs) {}

    private final Study study;
    private final Materials materials;
    private final Map<Cell, Finished> finished = new HashMap<>();
    private final Map<Cell, String> failed = new HashMap<>();
    private PerturbedRuns perturbed;

    Results(Study study, Materials materials) {
        this.study = study;
        this.materials = materials;
    }

    /** Says how runs are judged on perturbed photos, for tables that ask. */
    void judgeWith(PerturbedRuns perturbed) {
        this.perturbed = perturbed;
    }

    PerturbedRuns perturbed() {
        return perturbed;
    }

    void add(Cell cell, Finished run) {
        finished.put(cell, run);
        failed.remove(cell);
    }

    void addFailure(Cell cell, String error) {
        failed.put(cell, error);
    }

    Study study() {
        return study;
    }

    /** Null when it is not finished. */
    Finished of(Cell cell) {
        return finished.get(cell);
    }

    Finished of(StudyModel model, StudyData data, StudyMethod method, long seed) {
        return of(Cell.of(model, data, method, seed));
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
                        Cell cell = Cell.of(model, data, method, seed);
                        planned++;
                        done += finished.containsKey(cell) ? 1 : 0;
                        if (failed.containsKey(cell)) {
                            errors.add("Failed: " + method.label() + " on " + model.label() + ", " + data.name()
                                    + ", seed " + seed + ": " + failed.get(cell));
                        }
                    }
                }
            }
            if (materials.photos(data).synthetic()) {
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
        List<Finished> runs = groups(question).stream()
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
