package io.meristem.study;

import io.meristem.artifact.EpochLine;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The course of each run, epoch by epoch, from its {@code metrics.jsonl}. */
final class CurvesTable {

    private static final List<String> COLUMNS = List.of(
            "photos", "model", "method", "seed", "epoch", "val accuracy %", "val loss", "train loss", "size MiB");

    private CurvesTable() {}

    static ResultTable of(Question question, Results results) {
        List<List<String>> rows = new ArrayList<>();
        for (Results.Group group : results.groups(question)) {
            for (long seed : results.study().seeds()) {
                FinishedRun run = results.of(group.model(), group.data(), group.method(), seed);
                if (run != null) {
                    for (EpochLine epoch : EpochLine.read(run.folder())) {
                        rows.add(row(group, seed, epoch));
                    }
                }
            }
        }
        return ResultTable.of(question, COLUMNS, rows, results.notes(question));
    }

    private static List<String> row(Results.Group group, long seed, EpochLine epoch) {
        return List.of(
                group.data().name(),
                group.model().label(),
                group.method().label(),
                String.valueOf(seed),
                String.valueOf(epoch.epoch()),
                number(epoch.valAccuracy(), 100, "%.2f"),
                number(epoch.valLoss(), 1, "%.4f"),
                number(epoch.trainLoss(), 1, "%.4f"),
                TableNumbers.mib(epoch.adapterMib()));
    }

    private static String number(Double value, double factor, String format) {
        return value == null ? TableNumbers.NOTHING : String.format(Locale.ROOT, format, factor * value);
    }
}
