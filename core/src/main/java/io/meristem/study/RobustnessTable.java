package io.meristem.study;

import java.util.ArrayList;
import java.util.List;

/** Accuracy on photos as they are, and under each perturbation: a row per photos, model and method. */
final class RobustnessTable {

    private RobustnessTable() {}

    static ResultTable of(Question question, Results results, PerturbedRuns perturbed) {
        List<String> columns = new ArrayList<>(List.of("photos", "model", "method", "unchanged %"));
        perturbed.perturbations().forEach(name -> columns.add(name + " %"));
        List<List<String>> rows = new ArrayList<>();
        for (Results.Group group : results.groups(question)) {
            List<String> row = new ArrayList<>(List.of(
                    group.data().name(), group.model().label(), group.method().label()));
            row.add(Measure.ACCURACY.cell(group.runs()));
            List<List<Double>> accuracies =
                    group.runs().stream().map(perturbed::of).toList();
            for (int p = 0; p < perturbed.perturbations().size(); p++) {
                int column = p;
                row.add(TableNumbers.percent(
                        accuracies.stream().map(run -> run.get(column)).toList()));
            }
            rows.add(row);
        }
        List<String> notes = new ArrayList<>(results.scoreNotes(question));
        notes.addAll(results.notes(question));
        return ResultTable.of(question, columns, rows, notes);
    }
}
