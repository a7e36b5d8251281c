package io.meristem.study;

import java.util.ArrayList;
import java.util.List;

/** One measure: a row per method, a column per photos and model. */
final class MatrixTable {

    private MatrixTable() {}

    static ResultTable of(Question question, Results results) {
        List<Results.Group> groups = results.groups(question);
        int methods = question.methods().size();
        List<String> columns = new ArrayList<>(List.of("method"));
        for (int i = 0; i < groups.size(); i += methods) {
            columns.add(
                    groups.get(i).model().label() + ", " + groups.get(i).data().name() + unit(question.measure()));
        }
        List<List<String>> rows = new ArrayList<>();
        for (int m = 0; m < methods; m++) {
            List<String> row = new ArrayList<>(List.of(question.methods().get(m).label()));
            for (int i = m; i < groups.size(); i += methods) {
                row.add(question.measure().cell(groups.get(i).runs()));
            }
            rows.add(row);
        }
        List<String> notes = new ArrayList<>();
        if (question.measure() == Measure.SIZE) {
            notes.add("Size: what the method trains, MiB of float32, mean over the epochs;"
                    + " mean ± sample standard deviation over n seeds.");
        } else {
            notes.addAll(results.scoreNotes(question));
        }
        notes.addAll(results.notes(question));
        return ResultTable.of(question, columns, rows, notes);
    }

    private static String unit(Measure measure) {
        return switch (measure) {
            case ACCURACY -> " %";
            case MACRO_F1 -> "";
            case SIZE -> " MiB";
        };
    }
}
