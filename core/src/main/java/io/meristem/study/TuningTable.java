package io.meristem.study;

import java.util.ArrayList;
import java.util.List;

/** A row per photos, model, method and trial: what tuning saw on validation photos, and what it chose. */
final class TuningTable {

    private static final List<String> COLUMNS = List.of(
            "photos", "model", "method", "trial", "settings", "val accuracy %", "val log loss", "failed", "choice");

    private static final String ALL = "all";

    private TuningTable() {}

    static ResultTable of(Question question, Results results) {
        Study study = results.study();
        List<List<String>> rows = new ArrayList<>();
        List<String> notes = new ArrayList<>();
        if (study.tuning() == null) {
            notes.add("This study tunes nothing.");
            return ResultTable.of(question, COLUMNS, rows, notes);
        }
        boolean all = study.tuning().choose() == Tuning.Choose.ALL;
        int runs = 0;
        for (StudyMethod method :
                question.methods().stream().filter(StudyMethod::isTuned).toList()) {
            for (StudyData data : all ? study.data().subList(0, 1) : study.data()) {
                for (StudyModel model : all ? study.models().subList(0, 1) : study.models()) {
                    List<Results.Tried> tried = results.tried(model, data, method);
                    Trial chosen = results.chosen(model, data, method);
                    for (int i = 0; i < tried.size(); i++) {
                        Results.Tried trial = tried.get(i);
                        runs += trial.runs().size();
                        rows.add(List.of(
                                all ? ALL : data.name(),
                                all ? ALL : model.label(),
                                method.label(),
                                (i + 1) + " of " + tried.size(),
                                trial.trial().words(),
                                TableNumbers.percent(trial.runs().stream()
                                        .map(run -> run.result().val().accuracy())
                                        .toList()),
                                TableNumbers.share(trial.runs().stream()
                                        .map(run -> run.result().val().logLoss())
                                        .toList()),
                                trial.failed() == 0 ? "" : String.valueOf(trial.failed()),
                                trial.trial().equals(chosen) ? "chosen" : ""));
                    }
                }
            }
        }
        notes.add("Chosen: the highest mean accuracy on validation photos, among equals the lowest log loss, then the"
                + " first; a trial of which a run failed is out. Seeds: " + seeds(study)
                + ", which serve nothing else. Test photos are not looked at.");
        notes.addAll(trials(question, study));
        notes.add("Finished tuning runs: " + runs + ".");
        return ResultTable.of(question, COLUMNS, rows, notes);
    }

    private static String seeds(Study study) {
        return String.join(
                ", ", study.tuning().seeds().stream().map(String::valueOf).toList());
    }

    /** Says how many trials methods had, and which had fewer than others. */
    static List<String> trials(Question question, Study study) {
        List<String> notes = new ArrayList<>();
        if (study.tuning() == null) {
            return notes;
        }
        int most = study.tuning().trials() != null
                ? study.tuning().trials()
                : study.methods().stream()
                        .mapToInt(method -> method.trials().size())
                        .max()
                        .orElse(1);
        List<String> fewer = study.methods().stream()
                .distinct()
                .filter(method -> question.kind() == Question.Kind.TUNING
                        || question.methods().contains(method))
                .filter(method -> method.trials().size() < most)
                .map(method -> method.label() + " (" + method.trials().size() + ")")
                .toList();
        notes.add(
                fewer.isEmpty()
                        ? "Every method had " + most + (most == 1 ? " trial." : " trials.")
                        : "Methods with fewer than " + most + " trials: " + String.join(", ", fewer) + ".");
        return notes;
    }
}
