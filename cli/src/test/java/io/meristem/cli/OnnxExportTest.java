package io.meristem.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Runs as ONNX files, and asking those. */
@ExtendWith(TemporaryHome.class)
class OnnxExportTest {

    @TempDir
    static Path folder;

    private static Path photos;
    private static Path run;

    @TempDir
    Path place;

    /** In bfloat16 and with several ranks: the hardest of runs to hand on. */
    @BeforeAll
    static void train() throws IOException {
        photos = Photos.write(folder.resolve("photos"), 12, "blight", "healthy", "rust");
        run = folder.resolve("run");
        Shell.run(
                        "train",
                        "--data",
                        photos,
                        "--model",
                        "mobilenet_v2_035",
                        "--from-scratch",
                        "--size",
                        32,
                        "--epochs",
                        2,
                        "--batch",
                        8,
                        "--method",
                        "dylora",
                        "--rank-max",
                        4,
                        "--precision",
                        "fp32",
                        "--threads",
                        1,
                        "--out",
                        run)
                .succeeds();
    }

    private static Shell export(Path to, Object... more) {
        return Shell.run(
                Stream.concat(Stream.of("export", run, "--format", "onnx", "--to", to, "--threads", 1), Stream.of(more))
                        .toArray());
    }

    private static List<String> answers(Object... modelAndMore) {
        Shell shell = Shell.run(Stream.concat(
                        Stream.concat(Stream.of("predict"), Stream.of(modelAndMore)),
                        Stream.of(photos.resolve("rust"), "--threads", 1))
                .toArray());
        return shell.succeeds().out().lines().toList();
    }

    @Test
    void answersAsTheRunDoes() {
        Path images = place.resolve("images.onnx");
        Path whole = place.resolve("whole.onnx");
        Shell told = export(images).succeeds();
        assertTrue(told.out().contains("random input and "), told.out());
        assertTrue(told.out().contains("validation photos"), told.out());
        export(whole, "--with-preprocessing").succeeds();
        List<String> expected = answers(run);
        assertTrue(expected.size() > 12, expected.toString());
        assertEquals(expected, answers(images));
        assertEquals(expected, answers(whole));
        assertEquals(answers(run, "--views", "flip"), answers(whole, "--views", "flip"));
    }

    @Test
    void holdsTheRankThatWasAskedFor() {
        Path small = place.resolve("small.onnx");
        export(small, "--rank", 1).succeeds();
        assertEquals(answers(run, "--rank", 1), answers(small));
        Shell.run("predict", small, photos, "--rank", 1).refuses("small.onnx", "--rank");
    }

    @Test
    void saysHowTheFileIsUsed() throws IOException {
        export(place.resolve("leaves.onnx")).succeeds();
        String card = Files.readString(place.resolve("leaves.md"));
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
        export(file.resolve("a.onnx")).refuses("a.onnx");
        export(place.resolve("a.bin")).refuses("a.bin", ".onnx");
        Path taken = Files.writeString(place.resolve("taken.onnx"), "x");
        export(taken).refuses("taken.onnx");
        assertEquals("x", Files.readString(taken));
        Shell.run("predict", taken, photos).refuses("taken.onnx", "cannot be read as an ONNX file");
        Shell.run("predict", place.resolve("none.onnx"), photos).refuses("none.onnx");
        Shell.run("export", run, "--format", "merged", "--with-preprocessing", "--to", place.resolve("a.safetensors"))
                .refuses("--with-preprocessing");
        try (Stream<Path> left = Files.list(place)) {
            assertFalse(left.anyMatch(path -> path.toString().endsWith(".part")));
        }
    }
}
