package io.meristem.study;

import java.util.ArrayList;
import java.util.List;

/** A row per photos, model and method. */
final class ComparisonTable {

    private ComparisonTable() {}

    static ResultTable of(Question question, Results results) {
        List<Results.Group> groups = results.groups(question);
        boolean heads = groups.stream()
                .flatMap(group -> group.runs().stream())
                .anyMatch(run -> run.result().headMib() > 0);
        boolean aims = question.methods().stream().anyMatch(method -> method.sizeOf() != null);
        List<String> columns = new ArrayList<>(List.of("photos", "model", "method", "accuracy %", "macro F1"));
        if (aims) {
            columns.add("size wanted");
        }
        columns.add("size MiB");
        if (heads) {
            columns.add("head MiB");
        }
        columns.add("s/epoch");
        List<List<String>> rows = new ArrayList<>();
        for (Results.Group group : groups) {
            List<String> row = new ArrayList<>(List.of(
                    group.data().name(), group.model().label(), group.method().label()));
            row.add(Measure.ACCURACY.cell(group.runs()));
            row.add(Measure.MACRO_F1.cell(group.runs()));
            if (aims) {
                row.add(wanted(group.method()));
            }
            row.add(Measure.SIZE.cell(group.runs()));
            if (heads) {
                row.add(TableNumbers.mib(
                        group.runs().stream().map(run -> run.result().headMib()).toList()));
            }
            row.add(TableNumbers.seconds(group.runs().stream()
                    .map(run -> run.result().secondsPerEpoch())
                    .toList()));
            rows.add(row);
        }
        List<String> notes = new ArrayList<>(results.scoreNotes(question));
        notes.add("Size: what the method trains, MiB of float32, mean over the epochs"
                + (heads ? "; a head that trains in full is counted apart." : "."));
        notes.addAll(results.notes(question));
        return ResultTable.of(question, columns, rows, notes);
    }

    private static String wanted(StudyMethod method) {
        return method.sizeOf() == null
                ? TableNumbers.NOTHING
                : method.sizeOf().factor() + " × " + method.sizeOf().method();
    }
}
