package io.meristem.artifact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.meristem.InputException;
import io.meristem.adapter.LayerRank;
import io.meristem.adapter.LayerSize;
import io.meristem.rank.Allocation;
import io.meristem.rank.ScorerMemory;
import io.meristem.rank.Scoring;
import io.meristem.tune.EpochReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each line of a run folder's {@code .jsonl} files is a record: what is written is what is read, and has the fields of docs/formats.md in their order. */
class LinesTest {

    private static final LayerSize LAYER = new LayerSize("features.0.0", "conv", 32, 100);

    @TempDir
    Path run;

    private void write(String file, String... lines) throws IOException {
        Files.writeString(run.resolve(file), String.join("\n", lines) + "\n");
    }

    @Test
    void anEpochWithoutValidationPhotos() throws IOException {
        EpochReport report = new EpochReport(
                2,
                0.5,
                1.25,
                0.75,
                null,
                0,
                0,
                7,
                Double.NaN,
                Double.NaN,
                false,
                1,
                new EpochReport.Timing(3, 1, 2, 4));
        EpochLine line = EpochLine.of(report, true);
        String text = Json.line(line);
        assertEquals(
                "{\"epoch\":2,\"rate\":0.5,\"train_loss\":1.25,\"train_accuracy\":0.75,\"best\":true,\"adapter_numbers\":0,"
                        + "\"adapter_mib\":0.0,\"allocated_numbers\":0,\"head_numbers\":7,\"change\":null,\"threshold\":null,"
                        + "\"reallocated\":false,\"lowered\":1}",
                text);
        write(RunFolder.METRICS, text);
        EpochLine read = EpochLine.read(run).get(0);
        assertEquals(text, Json.line(read));
        assertNull(read.change());
        TimingLine timing = TimingLine.of(report);
        assertEquals(
                "{\"epoch\":2,\"train_seconds\":3.0,\"wait_seconds\":1.0,\"validate_seconds\":2.0,\"allocate_seconds\":4.0}",
                Json.line(timing));
        write(RunFolder.TIMINGS, Json.line(timing));
        assertEquals(List.of(timing), TimingLine.read(run));
        assertEquals(9, timing.seconds());
    }

    @Test
    void linesOfOlderRuns() throws IOException {
        write(
                RunFolder.METRICS,
                "{\"epoch\":1,\"rate\":0.5,\"train_loss\":1.25,\"train_accuracy\":0.75,\"best\":true,\"adapter_numbers\":8,"
                        + "\"adapter_mib\":0.1,\"head_numbers\":7,\"change\":0.25,\"threshold\":null,\"reallocated\":true}");
        EpochLine line = EpochLine.read(run).get(0);
        assertNull(line.lowered());
        assertNull(line.allocatedNumbers());
        assertEquals(0.25, line.change());
    }

    @Test
    void anAllocation() throws IOException {
        Map<String, Double> measures = new LinkedHashMap<>();
        measures.put("cka_raw", 0.5);
        measures.put("cka_debiased", 0.25);
        Allocation allocation = new Allocation(
                "cka-normalised",
                List.of(new Allocation.Row(LAYER, new Scoring.Score(0.75, measures), 3)),
                new ScorerMemory(Map.of("raw", new ScorerMemory.Range(0, 1))),
                Optional.empty(),
                12);
        RankLine line = RankLine.of(4, allocation);
        String text = Json.line(line);
        assertEquals(
                "{\"first_epoch\":4,\"scorer\":\"cka-normalised\",\"ranges\":{\"raw\":{\"least\":0.0,\"greatest\":1.0}},"
                        + "\"layers\":[{\"layer\":\"features.0.0\",\"kind\":\"conv\",\"cka_raw\":0.5,\"cka_debiased\":0.25,"
                        + "\"importance\":0.75,\"rank\":3,\"numbers\":" + 3L * LAYER.perRank() + "}]}",
                text);
        write(RunFolder.RANKS, text);
        assertEquals(List.of(line), RankLine.read(run));
    }

    @Test
    void ranksOfAMethodWithoutAScorer() throws IOException {
        RankLine line = RankLine.of(1, List.of(new LayerRank(LAYER, 2, 264)));
        String text = Json.line(line);
        assertEquals(
                "{\"first_epoch\":1,\"layers\":[{\"layer\":\"features.0.0\",\"kind\":\"conv\",\"rank\":2,\"numbers\":264}]}",
                text);
        write(RunFolder.RANKS, text);
        assertEquals(List.of(line), RankLine.read(run));
    }

    @Test
    void nothingIsReadWhereNothingIsWritten() throws IOException {
        assertEquals(List.of(), EpochLine.read(run));
        assertEquals(List.of(), TimingLine.read(run));
        assertEquals(List.of(), RankLine.read(run));
        write(RunFolder.METRICS, "{\"epoch\":null}");
        assertThrows(InputException.class, () -> EpochLine.read(run));
    }
}
