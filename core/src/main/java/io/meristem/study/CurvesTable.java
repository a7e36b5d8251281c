package io.meristem.study;

import com.fasterxml.jackson.databind.JsonNode;
import io.meristem.InputException;
import io.meristem.artifact.Json;
import io.meristem.artifact.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
                Finished run = results.of(group.model(), group.data(), group.method(), seed);
                if (run != null) {
                    for (JsonNode epoch : epochs(run.folder())) {
                        rows.add(row(group, seed, epoch));
                    }
                }
            }
        }
        return ResultTable.of(question, COLUMNS, rows, results.notes(question));
    }

    private static List<JsonNode> epochs(Path run) {
        Path file = run.resolve(RunFolder.METRICS);
        try {
            List<JsonNode> epochs = new ArrayList<>();
            for (String line : Files.readAllLines(file)) {
                epochs.add(Json.parse(line));
            }
            return epochs;
        } catch (IOException e) {
            throw new InputException(
                    file + " cannot be read (" + e.getMessage() + "): remove the folder " + run
                            + ", and the run is done again.",
                    e);
        }
    }

    private static List<String> row(Results.Group group, long seed, JsonNode epoch) {
        return List.of(
                group.data().name(),
                group.model().label(),
                group.method().label(),
                String.valueOf(seed),
                epoch.get("epoch").asText(),
                number(epoch, "val_accuracy", 100, "%.2f"),
                number(epoch, "val_loss", 1, "%.4f"),
                number(epoch, "train_loss", 1, "%.4f"),
                Cells.mib(epoch.get("adapter_mib").asDouble()));
    }

    private static String number(JsonNode epoch, String field, double factor, String format) {
        return epoch.hasNonNull(field)
                ? String.format(Locale.ROOT, format, factor * epoch.get(field).asDouble())
                : Cells.NOTHING;
    }
}
