package io.meristem.report;

import com.fasterxml.jackson.databind.JsonNode;
import io.meristem.InputException;
import io.meristem.artifact.Json;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
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

    private static final int DECIMALS = 4;

    /** Longer tables are folded up: they are for other programs. */
    private static final int LONG = 24;

    boolean isLong() {
        return ours.rows().size() > LONG;
    }

    /** @param file {@code tables/<id>.json}; its siblings are read too */
    static StudyTable read(Path file) {
        JsonNode json = Json.read(file, JsonNode.class);
        String name = file.getFileName().toString().replaceFirst("\\.json$", "");
        String id = json.path("id").asText(name);
        List<String> notes = new ArrayList<>();
        json.path("notes").forEach(note -> notes.add(note.asText()));
        List<Text> texts = new ArrayList<>();
        text(file.resolveSibling(name + ".md"), "Markdown", texts);
        text(file.resolveSibling(name + ".csv"), "CSV", texts);
        text(file.resolveSibling(name + ".tex"), "LaTeX", texts);
        JsonNode published = json.path("published");
        return new StudyTable(
                id,
                json.path("title").asText(id),
                grid("table-" + id, json),
                published.isObject() ? grid("published-" + id, published) : null,
                notes,
                texts);
    }

    private static void text(Path file, String format, List<Text> texts) {
        if (Files.isRegularFile(file)) {
            try {
                texts.add(new Text(format, Files.readString(file)));
            } catch (IOException e) {
                throw new InputException(file + " cannot be read (" + e + "): restore or remove it.", e);
            }
        }
    }

    private static Grid grid(String id, JsonNode json) {
        List<String> columns = new ArrayList<>();
        json.path("columns").forEach(column -> columns.add(column.asText()));
        List<List<Cell>> rows = new ArrayList<>();
        json.path("rows").forEach(row -> {
            List<Cell> cells = new ArrayList<>();
            row.forEach(value -> cells.add(cell(value)));
            rows.add(cells);
        });
        return new Grid(id, json.path("caption").asText(""), columns, rows);
    }

    /** Texts that are numbers stand flush right as numbers do. */
    private static Cell cell(JsonNode value) {
        if (value.isNumber()) {
            return Cell.number(plain(value.decimalValue()));
        }
        String text = value.isNull() ? "–" : value.asText();
        return text.matches("[-+±]?[0-9].*|–") ? Cell.number(text) : Cell.text(text);
    }

    private static String plain(BigDecimal value) {
        BigDecimal rounded = value.setScale(Math.min(Math.max(value.scale(), 0), DECIMALS), RoundingMode.HALF_EVEN);
        return rounded.toPlainString();
    }
}
