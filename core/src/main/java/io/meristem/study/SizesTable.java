package io.meristem.study;

import io.meristem.rank.SizeHistory;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** The sizes of each run, and the epochs in which they begin. */
final class SizesTable {

    private static final List<String> COLUMNS =
            List.of("photos", "model", "method", "seed", "starts", "sizes MiB", "average MiB");

    private SizesTable() {}

    static ResultTable of(Question question, Results results) {
        List<List<String>> rows = new ArrayList<>();
        for (Results.Group group : results.groups(question)) {
            for (long seed : results.study().seeds()) {
                FinishedRun run = results.of(group.model(), group.data(), group.method(), seed);
                if (run != null) {
                    rows.add(row(group, seed, run));
                }
            }
        }
        List<String> notes = new ArrayList<>();
        notes.add("Starts: the first epoch that trained with each size; an update that gives the same size makes no new"
                + " entry. Average: mean over the epochs.");
        notes.addAll(results.notes(question));
        return ResultTable.of(question, COLUMNS, rows, notes);
    }

    private static List<String> row(Results.Group group, long seed, FinishedRun run) {
        List<SizeHistory.Span> spans = run.result().sizes();
        return List.of(
                group.data().name(),
                group.model().label(),
                group.method().label(),
                String.valueOf(seed),
                spans.stream().map(span -> String.valueOf(span.firstEpoch())).collect(Collectors.joining(", ")),
                spans.stream().map(span -> TableNumbers.mib(span.size())).collect(Collectors.joining(" ")),
                TableNumbers.mib(run.result().averageMib()));
    }
}
