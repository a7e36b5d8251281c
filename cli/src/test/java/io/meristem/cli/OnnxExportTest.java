package io.meristem.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Runs as ONNX files, and asking those. */
@ExtendWith(TemporaryHome.class)
class OnnxExportTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    static Path folder;

    private static Path photos;
    private static Path run;

    @TempDir
    Path place;

    /** With several ranks. */
    @BeforeAll
    static void train() throws IOException {
        photos = PhotoFolders.write(folder.resolve("photos"), 12, "blight", "healthy", "rust");
        run = folder.resolve("run");
        StarterRuns.train(photos, run, 2, "--method", "dylora", "--rank-max", 4);
    }

    private static Shell export(Path to, Object... more) {
        return Shell.run(
                Stream.concat(Stream.of("export", run, "--format", "onnx", "--to", to, "--threads", 1), Stream.of(more))
                        .toArray());
    }

    /** Probabilities by photo and class. */
    private static Map<String, Double> answers(Object... modelAndMore) throws IOException {
        Shell shell = Shell.run(Stream.concat(
                        Stream.concat(Stream.of("predict"), Stream.of(modelAndMore)),
                        Stream.of(photos, "--json", "--threads", 1))
                .toArray());
        Map<String, Double> probabilities = new TreeMap<>();
        for (String line : shell.succeeds().out().lines().toList()) {
            JsonNode answer = JSON.readTree(line);
            for (JsonNode guess : answer.get("guesses")) {
                probabilities.put(
                        answer.get("photo").asText() + " " + guess.get("name").asText(),
                        guess.get("probability").asDouble());
            }
        }
        assertEquals(3 * 3 * 12, probabilities.size());
        return probabilities;
    }

    private static void assertSame(Map<String, Double> expected, Map<String, Double> actual) {
        assertEquals(expected.keySet(), actual.keySet());
        expected.forEach((answer, probability) -> assertEquals(probability, actual.get(answer), 1e-4, answer));
    }

    @Test
    void answersAsTheRunDoes() throws IOException {
        Path images = place.resolve("images.onnx");
        Path whole = place.resolve("whole.onnx");
        Shell told = export(images).succeeds();
        assertTrue(told.out().contains("random input and "), told.out());
        assertTrue(told.out().contains("validation photos"), told.out());
        export(whole, "--with-preprocessing").succeeds();
        Map<String, Double> expected = answers(run);
        assertTrue(Set.copyOf(expected.values()).size() > 12, "the photos look all alike: " + expected);
        assertSame(expected, answers(images));
        assertSame(expected, answers(whole));
        assertSame(answers(run, "--tta", "mirror"), answers(whole, "--tta", "mirror"));
    }

    @Test
    void isJudgedAsTheRunIs() throws IOException {
        Path whole = place.resolve("whole.onnx");
        export(whole, "--with-preprocessing").succeeds();
        Path merged = place.resolve("merged.safetensors");
        Shell.run("export", run, "--format", "merged", "--to", merged, "--threads", 1)
                .succeeds();
        JsonNode expected = judged(run);
        for (Path file : List.of(whole, merged)) {
            JsonNode judged = judged(file);
            assertEquals(expected.at("/scores/confusion"), judged.at("/scores/confusion"), file.toString());
            for (String number : List.of("/scores/log_loss", "/trust/temperature", "/trust/after/calibration_error")) {
                assertTrue(judged.at(number).isNumber(), number);
                assertEquals(expected.at(number).asDouble(), judged.at(number).asDouble(), 1e-3, number);
            }
            assertEquals(3, judged.at("/robustness/results/0/scores/classes").size());
        }
        Shell.run("evaluate", whole).refuses("does not know the photos", "--data");
        Shell.run("evaluate", whole, "--data", photos, "--rank", 1).refuses("one rank only");
        Shell.run("evaluate", whole, "--data", place).refuses("no");
    }

    private static JsonNode judged(Path model) throws IOException {
        return JSON.readTree(Shell.run(
                        "evaluate",
                        model,
                        "--data",
                        photos,
                        "--split",
                        "all",
                        "--perturb",
                        "rotation",
                        "--json",
                        "--threads",
                        1)
                .succeeds()
                .out());
    }

    @Test
    void holdsTheRankThatWasAskedFor() throws IOException {
        Path small = place.resolve("small.onnx");
        export(small, "--rank", 1).succeeds();
        assertSame(answers(run, "--rank", 1), answers(small));
        Shell.run("predict", small, photos, "--rank", 1).refuses("small.onnx", "--rank");
    }

    @Test
    void saysHowTheFileIsUsed() throws IOException {
        export(place.resolve("leaves.onnx")).succeeds();
        String card = Files.readString(place.resolve("leaves.onnx.md"));
        assertTrue(card.contains("InferenceSession(\"leaves.onnx\")"), card);
        assertTrue(card.contains("(N, 3, 32, 32)"), card);
    }

    @Test
    void goesWithoutPhotosThatHaveGone() throws IOException {
        Path away = Files.move(photos, folder.resolve("away"));
        try {
            assertTrue(export(place.resolve("a.onnx")).succeeds().out().contains("not there to compare on"));
        } finally {
            Files.move(away, photos);
        }
    }

    @Test
    void refusesInOneSentence() throws IOException {
        Path file = Files.writeString(place.resolve("file"), "x");
        assertEquals(2, export(file.resolve("a.onnx")).code());
        export(place.resolve("a.bin")).refuses("a.bin", ".onnx");
        Path taken = Files.writeString(place.resolve("taken.onnx"), "x");
        export(taken).refuses("taken.onnx");
        assertEquals("x", Files.readString(taken));
        Shell.run("predict", taken, photos).refuses("taken.onnx", "cannot be read as an ONNX file");
        Shell.run("predict", place.resolve("none.onnx"), photos).refuses("none.onnx");
        Shell.run("export", run, "--format", "merged", "--with-preprocessing", "--to", place.resolve("a.safetensors"))
                .refuses("--with-preprocessing");
        Path locked = Files.createDirectory(place.resolve("locked"));
        if (locked.toFile().setWritable(false) && !Files.isWritable(locked)) { // root may write all the same
            assertEquals(2, export(locked.resolve("a.onnx")).code());
        }
        try (Stream<Path> left = Files.list(place)) {
            assertFalse(left.anyMatch(path -> path.toString().endsWith(".part")));
        }
    }
}
