package io.meristem.job;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.CancelToken;
import io.meristem.Folders;
import io.meristem.InputException;
import io.meristem.artifact.RunFolder;
import io.meristem.artifact.RunPlace;
import io.meristem.engine.Engine;
import io.meristem.testing.ColourPhotos;
import io.meristem.testing.TinyRuns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every folder that a kill can leave before the first checkpoint: it can be resumed, or begun anew in the same place. */
class KilledBeforeTest {

    private static final String HALF = "{ \"mod";

    @TempDir
    static Path folder;

    private static Path photos;
    private static Path cache;
    private static Path whole;

    @TempDir
    Path place;

    @BeforeAll
    static void train() throws IOException {
        Engine.start(1);
        photos = ColourPhotos.write(folder.resolve("photos"), 4, 2, 2);
        cache = folder.resolve("cache");
        whole = folder.resolve("whole");
        run(whole);
    }

    @AfterAll
    static void useAllThreads() {
        Engine.start(0);
    }

    private static void run(Path out) {
        TrainJob.run(
                TinyRuns.run(TinyRuns.train(TinyRuns.lora(), 1, 3), photos, null),
                out,
                cache,
                0,
                JobListener.NONE,
                new CancelToken());
    }

    private static String temporary(String name) {
        return "." + name + ".0b6f8a2e-0000-4000-8000-000000000000.part";
    }

    /** Files in the order in which they come; those in half are written when the kill comes. */
    static Stream<List<String>> before() {
        return Stream.of(
                List.of(),
                List.of("lock"),
                List.of("lock", temporary("provenance.json")),
                List.of("lock", "provenance.json"),
                List.of("lock", "provenance.json", temporary("classes.json")),
                List.of("lock", "provenance.json", "classes.json"),
                List.of("lock", "provenance.json", "classes.json", temporary("config.json")),
                // Of a run that was taken away, and of two kills.
                List.of("lock", "classes.json"),
                List.of("lock", temporary("provenance.json"), temporary("config.json"), "classes.json"));
    }

    private void write(Path run, List<String> names) throws IOException {
        Files.createDirectories(run);
        for (String name : names) {
            if (name.endsWith(".part")) {
                Files.writeString(run.resolve(name), HALF);
            } else if (name.equals("lock")) {
                Files.createFile(run.resolve(name));
            } else {
                Files.copy(whole.resolve(name), run.resolve(name));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("before")
    void beginsAnew(List<String> names) throws IOException {
        Path run = place.resolve("run");
        write(run, names);
        if (!names.isEmpty()) {
            InputException e = assertThrows(
                    InputException.class, () -> TrainJob.resume(run, cache, 0, JobListener.NONE, new CancelToken()));
            assertTrue(
                    e.getMessage().contains("begin again with a training with output folder " + run), e.getMessage());
            assertThrows(InputException.class, () -> RunFolder.open(run));
        }
        assertDoesNotThrow(() -> RunPlace.refuseUnlessFree(run));
        if (names.size() != 4) { // the others differ in names only, and trainings take time
            return;
        }
        run(run);
        assertTrue(RunFolder.isFinished(run));
        try (Stream<Path> files = Files.list(run)) {
            assertEquals(List.of(), files.filter(Folders::isTemporary).toList());
        }
        assertFalse(Files.exists(run.resolve("lock")));
    }

    @Test
    void goesOnFromTheConfigurationOn() throws IOException {
        Path run = place.resolve("run");
        write(run, List.of("lock", "provenance.json", "classes.json", "config.json"));
        Files.writeString(run.resolve(temporary("metrics.jsonl")), "");
        // Checkpoints that were being taken away when the kill came.
        Path gone =
                Files.createDirectories(run.resolve(".checkpoints.gone.part").resolve("epoch-0000-step-000002"));
        Files.writeString(gone.resolve("state.json"), "{}");
        InputException e = assertThrows(InputException.class, () -> RunPlace.refuseUnlessFree(run));
        assertTrue(e.getMessage().contains("resume it, or remove that folder first."), e.getMessage());
        TrainJob.resume(run, cache, 0, JobListener.NONE, new CancelToken());
        assertEquals(Files.readString(whole.resolve("metrics.jsonl")), Files.readString(run.resolve("metrics.jsonl")));
        try (Stream<Path> files = Files.list(run)) {
            assertEquals(List.of(), files.filter(Folders::isTemporary).toList());
        }
    }

    @Test
    void whatIsNotOursIsLeftAlone() throws IOException {
        List<List<String>> others = new ArrayList<>(List.of(
                List.of("classes.json"), List.of("provenance.json", "classes.json"), List.of("lock", "notes.txt")));
        for (List<String> names : others) {
            Path run = Files.createTempDirectory(place, "other");
            for (String name : names) {
                Files.writeString(run.resolve(name), "mine");
            }
            InputException e = assertThrows(InputException.class, () -> RunPlace.refuseUnlessFree(run));
            assertTrue(e.getMessage().contains("is not empty"), e.getMessage());
            names.forEach(name -> assertTrue(Files.exists(run.resolve(name))));
        }
        Path run = Files.createDirectory(place.resolve("linked"));
        Files.createFile(run.resolve("lock"));
        Files.createSymbolicLink(run.resolve("classes.json"), whole.resolve("classes.json"));
        assertThrows(InputException.class, () -> RunPlace.refuseUnlessFree(run));
    }
}
