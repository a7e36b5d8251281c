package io.meristem.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.InputException;
import io.meristem.artifact.Json;
import io.meristem.artifact.RunConfig;
import io.meristem.artifact.RunFolder;
import io.meristem.data.folder.Split;
import io.meristem.data.folder.SplitOptions;
import io.meristem.engine.Engine;
import io.meristem.eval.Paired;
import io.meristem.eval.Scores;
import io.meristem.testing.ColourPhotos;
import io.meristem.testing.TinyRuns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs compared photo by photo, and the count of evaluations on the test set. */
class CompareJobTest {

    @TempDir
    static Path folder;

    private static Path photos;
    private static Path first;
    private static Path second;

    @BeforeAll
    static void train() {
        Engine.start(1);
        photos = ColourPhotos.write(folder.resolve("photos"), 6, 4, 5);
        first = train(photos, "first", 1, 1);
        second = train(photos, "second", 3, 2);
    }

    private static Path train(Path from, String name, int epochs, long seed) {
        Path out = folder.resolve(name);
        RunConfig config = TinyRuns.run(TinyRuns.train(TinyRuns.lora(), epochs, seed), from, null);
        TrainJob.run(config, out, folder.resolve("cache"), JobListener.NONE);
        return out;
    }

    private static Comparison compare(Split side, Path... runs) {
        return CompareJob.run(List.of(runs), side, 7, 1, folder.resolve("cache"), JobListener.NONE);
    }

    @Test
    void figuresAreThoseOfTheRuns() throws IOException {
        for (Split side : List.of(Split.VAL, Split.TEST)) {
            Comparison comparison = compare(side, first, second);
            Scores[] scores = {of(first, side), of(second, side)};
            for (int i = 0; i < 2; i++) {
                assertEquals(scores[i].accuracy(), comparison.runs().get(i).accuracy(), 1e-12);
                assertEquals(scores[i].interval(), comparison.runs().get(i).interval());
            }
            Comparison.Pair pair = comparison.pairs().get(0);
            assertEquals(scores[1].accuracy() - scores[0].accuracy(), pair.difference(), 1e-12);
            Paired counts = pair.counts();
            assertEquals(comparison.photos(), counts.photos());
            assertEquals(scores[0].right(), counts.both() + counts.first());
            assertTrue(pair.differing().size() >= counts.first() + counts.second());
            for (int c = 0; c < 3; c++) {
                assertEquals(scores[0].confusion()[c][c], pair.classes().get(c).first());
                assertEquals(scores[1].confusion()[c][c], pair.classes().get(c).second());
            }
            assertEquals(side == Split.TEST, comparison.cautions().get(0).text().contains("the side val"));
            assertTrue(Json.pretty(comparison).contains("\"mcnemar\"")
                    || Json.pretty(comparison).contains("\"p\""));
        }
        // A run that has kept no answers is asked again.
        List<Comparison.Differing> before =
                compare(Split.VAL, first, second).pairs().get(0).differing();
        Path table = first.resolve(RunFolder.PREDICTIONS);
        byte[] bytes = Files.readAllBytes(table);
        Files.delete(table);
        assertEquals(before, compare(Split.VAL, first, second).pairs().get(0).differing());
        Files.write(table, bytes);
    }

    private static Scores of(Path run, Split side) {
        return side == Split.VAL
                ? RunFolder.result(run).val()
                : RunFolder.result(run).test();
    }

    @Test
    void otherPhotosAreRefused() throws IOException {
        assertThrows(InputException.class, () -> compare(Split.TEST, first, first));
        Path fewer = ColourPhotos.write(folder.resolve("fewer"), 6, 4, 3);
        Path third = train(fewer, "third", 1, 1);
        InputException e = assertThrows(InputException.class, () -> compare(Split.TEST, first, third));
        assertTrue(e.getMessage().contains("6 of the first run's 15"), e.getMessage());
        Path same = ColourPhotos.write(folder.resolve("same"), 6, 4, 5);
        try (var files = Files.walk(same)) {
            Path one =
                    files.filter(f -> f.toString().endsWith(".png")).findFirst().orElseThrow();
            Files.write(one, concat(Files.readAllBytes(one)));
        }
        Path fourth = train(same, "fourth", 1, 1);
        e = assertThrows(InputException.class, () -> compare(Split.TEST, first, fourth));
        assertTrue(e.getMessage().contains("data_fingerprint"), e.getMessage());
    }

    private static byte[] concat(byte[] bytes) {
        return java.util.Arrays.copyOf(bytes, bytes.length + 1);
    }

    @Test
    void looksAtTestPhotosAreCounted() {
        Path run = train(photos, "looked", 1, 5);
        assertEquals(List.of(), RunFolder.open(run).looks());
        assertNull(evaluate(run, EvaluateJob.Part.VAL).caution());
        assertNull(evaluate(run, EvaluateJob.Part.TEST).caution());
        EvaluateJob.Outcome again = evaluate(run, null);
        assertNotNull(again.caution());
        assertTrue(
                again.caution().text().contains("2 times since the training"),
                again.caution().text());
        assertTrue(compare(Split.TEST, run, second).cautions().stream()
                .anyMatch(c -> c.text().contains("3 times")));
        assertFalse(compare(Split.VAL, run, second).cautions().stream()
                .anyMatch(c -> c.text().contains("times")));
        assertEquals(
                List.of("evaluate", "evaluate", "compare"),
                RunFolder.open(run).looks().stream().map(look -> look.command()).toList());
        assertEquals(15, RunFolder.open(run).looks().get(0).photos());
    }

    private static EvaluateJob.Outcome evaluate(Path run, EvaluateJob.Part part) {
        return EvaluateJob.run(run, null, part, 1, folder.resolve("cache"), JobListener.NONE);
    }

    @Test
    void groupsBesideThePhotosAreFound() throws IOException {
        Path place = folder.resolve("leaves");
        Path undivided = place.resolve("photos");
        for (String name : List.of("a", "b")) {
            Files.createDirectories(undivided.resolve(name));
            for (int i = 0; i < 6; i++) {
                Files.copy(
                        photos.resolve("train/red").toFile().listFiles()[0].toPath(),
                        undivided.resolve(name).resolve(i + ".png"));
            }
        }
        SplitOptions plain = SplitOptions.defaults();
        assertEquals(plain, plain.withGroupsFound(undivided));
        Path manifest = place.resolve("manifest.csv");
        Files.writeString(manifest, "path,class\nphotos/a/0.png,a\n");
        assertEquals(plain, plain.withGroupsFound(undivided));
        Files.writeString(manifest, "path,group\nelsewhere/a/0.png,x\n");
        assertEquals(plain, plain.withGroupsFound(undivided));
        Files.writeString(manifest, "path,group\nphotos/a/0.png,x\nphotos/a/1.png,x\n");
        assertEquals(manifest.toAbsolutePath(), plain.withGroupsFound(undivided).groupCsv());
        Path inside = undivided.resolve("manifest.csv");
        Files.writeString(inside, "path,group\na/0.png,x\na/1.png,x\n");
        assertEquals(inside.toAbsolutePath(), plain.withGroupsFound(undivided).groupCsv());
        SplitOptions named = plain.withGroups(manifest, null, null);
        assertEquals(named, named.withGroupsFound(undivided));
    }
}
