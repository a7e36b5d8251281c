package io.meristem.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.adapter.LayerSize;
import io.meristem.job.AllocateJob;
import io.meristem.rank.Allocation;
import io.meristem.rank.ScorerMemory;
import io.meristem.rank.Scoring.Score;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Small pictures in a terminal, and the table of ranks that has them. */
class PictureTest {

    @Test
    void columnsAreAsHighAsValuesAreLarge() {
        assertEquals("\u2588\u2585\u2581", Picture.columns(List.of(8.0, 4.0, 0.1, 0.0, 0.0), 16));
        assertEquals("", Picture.columns(List.of(0.0, 0.0), 16));
        assertEquals("", Picture.columns(List.of(), 16));
        assertEquals("\u2588\u2588+", Picture.columns(List.of(1.0, 1.0, 1.0, 1.0), 3));
    }

    @Test
    void barsAreAsLongAsSharesAreLarge() {
        assertEquals("\u2588".repeat(8), Picture.bar(1, 8));
        assertEquals("\u2588".repeat(4), Picture.bar(0.5, 8));
        assertEquals("\u2588\u258c", Picture.bar(1.5 / 8, 8));
        assertEquals("\u258f", Picture.bar(1e-9, 8));
        assertEquals("", Picture.bar(0, 8));
        assertEquals("\u2588".repeat(8), Picture.bar(7, 8));
    }

    private static AllocateJob.Shared shared(boolean directions, long norm) {
        List<Allocation.Row> rows = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            Map<String, Double> measures = Map.of("a_measure_of_some_length", 0.5 * i);
            List<Double> gains = directions ? List.of(4.0 + i, 1.0, 0.0) : List.of();
            rows.add(new Allocation.Row(
                    new LayerSize("features." + i + ".conv.0.0", "pointwise", 10, 20),
                    new Score(0.25 * (i + 1), measures, gains),
                    i));
        }
        return new AllocateJob.Shared(new Allocation("a scorer", rows, ScorerMemory.NONE, Optional.empty(), 90), norm);
    }

    private static String printed(AllocateJob.Shared shared, int width) {
        StringWriter text = new StringWriter();
        RanksCommand.print(new PrintWriter(text), shared, width);
        return text.toString();
    }

    /** On every screen the table keeps to its width, as far as names and numbers do. */
    @Test
    void theTableKeepsToTheScreen() {
        for (boolean directions : new boolean[] {true, false}) {
            for (int width : new int[] {80, 90, 120, 200}) {
                String text = printed(shared(directions, 17), width);
                String table = text.substring(0, text.indexOf("Together"));
                table.lines().forEach(line -> assertTrue(line.length() <= width, width + ": " + line));
                assertTrue(table.contains("\u2588"), "a picture at " + width + ":\n" + text);
                assertEquals(width >= 120, table.contains("a measure of some length"), width + "\n" + text);
                assertEquals(width < 120, text.contains("--json has it"), width + "\n" + text);
            }
        }
        String narrow = printed(shared(true, 0), 40);
        assertFalse(narrow.contains("\u2588"), narrow);
    }

    @Test
    void whatTrainsBesideIsCounted() {
        String with = printed(shared(true, 17), 120);
        assertTrue(with.contains("Together 107 trainable numbers"), with);
        assertTrue(with.contains("90 of the factors, 17 of the normalisation"), with);
        assertTrue(with.lines().anyMatch(line -> line.matches("normalisation +beside +17")), with);
        String without = printed(shared(false, 0), 120);
        assertTrue(without.contains("Together 90 trainable numbers"), without);
        assertFalse(without.contains("normalisation"), without);
        assertTrue(
                without.contains("Half of all importance lies in 1 of 3 layers; the first is features.2.conv.0.0."),
                without);
    }
}
