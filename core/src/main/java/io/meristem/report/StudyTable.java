package io.meristem.report;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.artifact.Json;
import io.meristem.study.Published;
import io.meristem.study.ResultTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A table that a study has written.
 *
 * @param published the source's own numbers, or null
 * @param texts the same table for other programs, those that are there
 */
record StudyTable(String id, String title, Grid ours, Grid published, List<String> notes, List<Text> texts) {

    /** @param format such as LaTeX */
    record Text(String format, String text) {}

    /** Longer tables are folded up: they are for other programs. */
    private static final int LONG = 24;

    boolean isLong() {
        return ours.rows().size() > LONG;
    }

    /** @param file {@code tables/<id>.json}; its siblings are read too */
    static StudyTable read(Path file) {
        ResultTable table = Json.read(file, ResultTable.class);
        List<Text> texts = new ArrayList<>();
        text(file.resolveSibling(table.id() + ".md"), "Markdown", texts);
        text(file.resolveSibling(table.id() + ".csv"), "CSV", texts);
        text(file.resolveSibling(table.id() + ".tex"), "LaTeX", texts);
        Published published = table.published();
        return new StudyTable(
                table.id(),
                table.title(),
                grid("table-" + table.id(), table.caption(), table.columns(), table.rows()),
                published == null
                        ? null
                        : grid("published-" + table.id(), published.caption(), published.columns(), published.rows()),
                table.notes(),
                texts);
    }

    private static void text(Path file, String format, List<Text> texts) {
        if (Files.isRegularFile(file)) {
            try {
                texts.add(new Text(format, Files.readString(file)));
            } catch (IOException e) {
                throw new InputException(
                        ErrorCode.NOT_READABLE, e, "%s cannot be read (%s): restore or remove it.", file, e);
            }
        }
    }

    private static Grid grid(String id, String caption, List<String> columns, List<List<String>> rows) {
        return new Grid(
                id,
                caption,
                columns,
                rows.stream()
                        .map(row -> row.stream().map(StudyTable::cell).toList())
                        .toList());
    }

    /** Texts that are numbers stand flush right as numbers do. */
    private static TableCell cell(String value) {
        String text = value == null ? "–" : value;
        return text.matches("[-+±]?[0-9].*|–") ? TableCell.number(text) : TableCell.text(text);
    }
}
