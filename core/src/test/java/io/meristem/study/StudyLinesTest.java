package io.meristem.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.meristem.InputException;
import io.meristem.artifact.Json;
import io.meristem.eval.Interval;
import io.meristem.eval.Paired;
import io.meristem.eval.Stratified;
import io.meristem.testing.ColourPhotos;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tables from a specification and one line per run, with neither photos nor weights nor run folders. */
class StudyLinesTest {

    @TempDir
    Path folder;

    private static final String SPEC =
            """
            {"title": "T", "models": [{"name": "mobilenet_v2_035", "weights": "scratch", "size": 32}], "data": ["/p/x", "/p/y"],
             "seeds": [0, 1, 2], "tuning": {"seeds": [100]},
             "methods": [{"name": "full", "label": "full"}, {"name": "lora", "label": "a", "grid": {"rank": [1, 2]}}, {"name": "lora", "rank": 3, "label": "b"}]}
            """;

    private static RunLine line(
            String data, String method, String trial, long seed, String role, double accuracy, double loss) {
        RunLine.Brief scores = new RunLine.Brief(100, accuracy, accuracy, loss);
        return new RunLine(
                "k",
                "mobilenet_v2_035",
                data,
                method,
                seed,
                RunLine.Status.FINISHED,
                "s",
                role,
                trial,
                "h",
                null,
                null,
                scores,
                role.equals("tuning") ? null : scores,
                1,
                0.5,
                0.1,
                8.0,
                1.0,
                data.equals("y"));
    }

    /** Written out by hand from the same numbers. */
    @Test
    void thePooledTableIsWhatItsParts() throws IOException {
        Files.writeString(folder.resolve("study.json"), SPEC);
        double[][] full = {{0.9, 0.91, 0.92}, {0.5, 0.52, 0.51}};
        double[][] a = {{0.91, 0.93, 0.92}, {0.53, 0.53, 0.55}};
        double[][] b = {{0.80, 0.83, 0.82}, {0.43, 0.43, 0.45}};
        List<RunLine> lines = new ArrayList<>();
        String[] data = {"x", "y"};
        for (int d = 0; d < 2; d++) {
            // Trial 2 wins on x, trial 1 on y.
            lines.add(line(data[d], "a", "rank 1", 100, "tuning", d == 0 ? 0.5 : 0.6, 1));
            lines.add(line(data[d], "a", "rank 2", 100, "tuning", d == 0 ? 0.6 : 0.5, 1));
            for (int seed = 0; seed < 3; seed++) {
                lines.add(line(data[d], "full", "", seed, "confirmation", full[d][seed], 1 - full[d][seed]));
                lines.add(line(
                        data[d], "a", d == 0 ? "rank 2" : "rank 1", seed, "confirmation", a[d][seed], 1 - a[d][seed]));
                // What was not chosen does not count.
                lines.add(line(data[d], "a", d == 0 ? "rank 1" : "rank 2", seed, "confirmation", 0.01, 9));
                if (d == 0 || seed < 2) {
                    lines.add(line(data[d], "b", "", seed, "confirmation", b[d][seed], 1 - b[d][seed]));
                }
            }
        }
        write(lines);
        ResultTable table = StudyLines.tables(folder).stream()
                .filter(t -> t.id().equals("pooled"))
                .findFirst()
                .orElseThrow();
        Stratified forA = differences(a, full, 3);
        Stratified forB = differences(b, full, 2);
        List<String> row = table.rows().get(1);
        assertEquals("a", row.get(0));
        assertEquals(String.format(Locale.ROOT, "%.2f", 100 * (2.76 / 3 + 1.61 / 3) / 2), row.get(1));
        assertEquals(String.format(Locale.ROOT, "%+.2f", forA.mean()), row.get(2));
        Interval narrow = forA.interval(0.9);
        assertEquals(String.format(Locale.ROOT, "%+.2f to %+.2f", narrow.low(), narrow.high()), row.get(3));
        Interval wide = forA.interval(0.95);
        assertEquals(String.format(Locale.ROOT, "%+.2f to %+.2f", wide.low(), wide.high()), row.get(4));
        assertEquals("5 : 0", row.get(5));
        double[] holm = Paired.holm(forA.p(), forB.p());
        assertEquals(String.format(Locale.ROOT, "%.3f", forA.p()), row.get(6));
        assertEquals(String.format(Locale.ROOT, "%.3f", holm[0]), row.get(7));
        assertEquals(String.format(Locale.ROOT, "%+.4f", -forA.mean() / 100), row.get(9));
        assertEquals("6 in 2", row.get(13));
        assertEquals("2", row.get(14));
        assertEquals("5 in 2", table.rows().get(2).get(13));
        assertEquals("–", table.rows().get(0).get(2));
        assertTrue(table.notes().toString().contains("SYNTHETIC"), table.notes().toString());
        assertTrue(
                table.notes().toString().contains("17 of 18 runs are finished"),
                table.notes().toString());
    }

    private static Stratified differences(double[][] own, double[][] first, int ofSecond) {
        List<double[]> strata = new ArrayList<>();
        for (int d = 0; d < 2; d++) {
            double[] values = new double[d == 0 ? 3 : ofSecond];
            for (int i = 0; i < values.length; i++) {
                values[i] = 100 * own[d][i] - 100 * first[d][i];
            }
            strata.add(values);
        }
        return new Stratified(strata);
    }

    private void write(List<RunLine> lines) throws IOException {
        StringBuilder text = new StringBuilder();
        lines.forEach(line -> text.append(Json.line(line)).append('\n'));
        Files.writeString(folder.resolve("runs.jsonl"), text);
    }

    /** What is copied names no path, and gives the tables that the study wrote. */
    @Test
    void copiedLinesGiveTheStudysTables() throws IOException {
        Path photos = ColourPhotos.write(folder.resolve("secret/photos"), 4, 2, 2);
        Study study = StudyJobTest.study(
                photos,
                "\"seeds\": [0, 1], \"tuning\": {\"seeds\": [9]}, \"methods\": [\"head\", {\"name\": \"lora\", \"label\": \"lora\", \"grid\": {\"rank\": [1, 2]}}]");
        Path out = folder.resolve("out");
        StudyJob.run(study, out, 1, folder.resolve("cache"), StudyListener.NONE);
        Path copy = folder.resolve("bench/name");
        StudyLines.copy(out, copy);
        try (var files = Files.list(copy)) {
            assertEquals(2, files.count());
        }
        for (String file : List.of("study.json", "runs.jsonl")) {
            String text = Files.readString(copy.resolve(file));
            assertFalse(text.contains("secret") || text.contains(folder.toString()), text);
        }
        List<ResultTable> tables = StudyLines.tables(copy);
        assertEquals(
                List.of("results", "pooled", "tuning"),
                tables.stream().map(ResultTable::id).toList());
        for (ResultTable table : tables) {
            assertEquals(Files.readString(out.resolve("tables/" + table.id() + ".md")), TableText.markdown(table));
        }
        JsonNode line =
                Json.parse(Files.readAllLines(copy.resolve("runs.jsonl")).get(0));
        assertEquals("tuning", line.get("role").asText());
        assertEquals(study.key(), line.get("study").asText());
        assertEquals(8, line.get("settings").asText().length());
        assertTrue(line.get("test").isNull());
        assertThrows(InputException.class, () -> StudyLines.copy(out, out));
    }

    @Test
    void foldersWithoutAStudyAreRefused() throws IOException {
        InputException none = assertThrows(InputException.class, () -> StudyLines.tables(folder));
        assertTrue(none.getMessage().contains("no study"), none.getMessage());
        Files.writeString(folder.resolve("study.json"), SPEC);
        InputException lines = assertThrows(InputException.class, () -> StudyLines.tables(folder));
        assertTrue(lines.getMessage().contains("has no runs.jsonl"), lines.getMessage());
        Files.writeString(folder.resolve("runs.jsonl"), "{\"key\": 1}\n");
        assertThrows(InputException.class, () -> StudyLines.tables(folder));
    }
}
