package io.meristem.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.CancelToken;
import io.meristem.InputException;
import io.meristem.artifact.Json;
import io.meristem.artifact.PhotoAnswer;
import io.meristem.artifact.PredictionTable;
import io.meristem.artifact.RunFolder;
import io.meristem.data.check.CheckResult;
import io.meristem.data.check.DataCheck;
import io.meristem.data.check.Limits;
import io.meristem.data.image.Perturbations;
import io.meristem.engine.Engine;
import io.meristem.eval.Scores;
import io.meristem.exchange.MergedFormat;
import io.meristem.testing.ColourPhotos;
import io.meristem.testing.TinyRuns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Photos from the field, on which not every class is seen. */
class FieldPhotosTest {

    @TempDir
    static Path folder;

    private static Path photos;
    private static Path cache;
    private static Path run;
    private static Path file;

    @TempDir
    Path field;

    @BeforeAll
    static void train() throws IOException {
        Engine.start(1);
        photos = ColourPhotos.write(folder.resolve("photos"), 6, 2, 2);
        cache = folder.resolve("cache");
        run = folder.resolve("run");
        TrainJob.run(
                TinyRuns.run(TinyRuns.train(TinyRuns.lora(), 2, 3), photos, null),
                run,
                cache,
                0,
                JobListener.NONE,
                new CancelToken());
        file = folder.resolve("merged.safetensors");
        ExportJob.run(run, null, new MergedFormat(), file, 1);
    }

    @AfterAll
    static void useAllThreads() {
        Engine.start(0);
    }

    /** Two photos of the blue class, one of the red; none of the green. */
    @BeforeEach
    void collect() throws IOException {
        copy("blue", 0, "blue");
        copy("blue", 1, "blue");
        copy("red", 0, "red");
    }

    private void copy(String name, int which, String to) throws IOException {
        try (Stream<Path> files = Files.list(photos.resolve("train").resolve(name))) {
            Path photo = files.sorted().toList().get(which);
            Files.createDirectories(field.resolve(to));
            Files.copy(photo, field.resolve(to).resolve(photo.getFileName()));
        }
    }

    private Scores judge(Path model, EvaluateJob.Part part) {
        Path table = folder.resolve("answers.csv");
        Scores scores = EvaluateJob.run(
                        EvaluateJob.Request.of(model)
                                .withData(field)
                                .withPart(part)
                                .withPredictions(table),
                        1,
                        cache,
                        JobListener.NONE)
                .scores();
        List<PhotoAnswer> answers =
                PredictionTable.read(table, RunFolder.open(run).classes());
        assertEquals(scores.photos(), answers.size());
        String json = Json.pretty(scores);
        assertFalse(json.contains("NaN"), json);
        return scores;
    }

    private static void assertGreenIsAbsent(Scores scores) {
        assertEquals(List.of("green"), scores.absent());
        Scores.ClassScore green = scores.classes().get(1);
        assertEquals("green", green.name());
        assertNull(green.recall());
        assertNull(green.f1());
        assertNull(green.averagePrecision());
        double f1 = (scores.classes().get(0).f1() + scores.classes().get(2).f1()) / 2;
        assertEquals(f1, scores.macroF1(), 1e-12);
        assertTrue(Json.pretty(scores).contains("\"recall\" : null"));
    }

    @Test
    void aClassWithoutPhotosStaysOutOfTheMeans() throws IOException {
        Scores scores = judge(run, null);
        assertEquals(3, scores.photos());
        assertGreenIsAbsent(scores);
        assertGreenIsAbsent(judge(file, null));
        Files.createDirectory(field.resolve("green"));
        assertGreenIsAbsent(judge(run, null));
        assertGreenIsAbsent(judge(file, EvaluateJob.Part.ALL));
    }

    @Test
    void oneClassIsEnough() throws IOException {
        try (Stream<Path> files = Files.list(field.resolve("blue"))) {
            for (Path photo : files.toList()) {
                Files.delete(photo);
            }
        }
        Files.delete(field.resolve("blue"));
        Scores scores = judge(run, null);
        assertEquals(1, scores.photos());
        assertEquals(List.of("blue", "green"), scores.absent());
        assertEquals(scores.classes().get(2).f1(), scores.macroF1(), 1e-12);
    }

    @Test
    void aTestSideAloneIsEnough() throws IOException {
        Path test = Files.createDirectories(field.resolve("test"));
        for (String name : List.of("blue", "red")) {
            Files.move(field.resolve(name), test.resolve(name));
        }
        assertGreenIsAbsent(judge(run, null));
        assertGreenIsAbsent(judge(file, EvaluateJob.Part.TEST));
    }

    @Test
    void perturbedPhotosAreJudgedLikewise() {
        EvaluateJob.Outcome outcome = EvaluateJob.run(
                EvaluateJob.Request.of(run).withData(field).withPerturbations(Perturbations.parse("noise", 7)),
                1,
                cache,
                JobListener.NONE);
        assertGreenIsAbsent(outcome.scores());
        outcome.robustness().results().forEach(result -> assertGreenIsAbsent(result.scores()));
        assertFalse(Json.pretty(outcome).contains("NaN"));
    }

    @Test
    void calibrationTakesPhotosOfSomeClasses() throws IOException {
        Path copy = folder.resolve("uncalibrated");
        Files.createDirectories(copy);
        try (Stream<Path> files = Files.list(run)) {
            for (Path from : files.filter(Files::isRegularFile).toList()) {
                Files.copy(from, copy.resolve(from.getFileName()));
            }
        }
        Files.delete(copy.resolve(RunFolder.PREDICTIONS));
        Files.delete(copy.resolve(RunFolder.CALIBRATION));
        Path val = Files.createDirectories(field.resolve("val"));
        for (String name : List.of("blue", "red")) {
            Files.move(field.resolve(name), val.resolve(name));
        }
        assertEquals(
                3, CalibrateJob.run(copy, field, 1, cache, JobListener.NONE).photos());
    }

    @Test
    void dataCheckLooksThemOver() throws IOException {
        Files.createDirectory(field.resolve("green"));
        CheckResult two = DataCheck.run(field, null, null, null, Limits.DEFAULT, true, 1, (done, of) -> {});
        assertEquals(3, two.photos());
        assertTrue(
                two.findings().stream().anyMatch(f -> f.sentence().contains("green (0)")),
                two.findings().toString());
        Files.move(field.resolve("red"), field.resolve(".red"));
        CheckResult one = DataCheck.run(field, null, null, null, Limits.DEFAULT, true, 1, (done, of) -> {});
        assertTrue(
                one.findings().stream().anyMatch(f -> f.sentence().equals("All photos are of one class, blue.")),
                one.findings().toString());
    }

    @Test
    void aFolderOfAnotherClassIsRefused() throws IOException {
        copy("green", 0, "mauve");
        InputException e = assertThrows(InputException.class, () -> judge(run, null));
        assertTrue(e.getMessage().contains("mauve"), e.getMessage());
        assertTrue(e.getMessage().contains("blue, green, red"), e.getMessage());
        InputException ofFile = assertThrows(InputException.class, () -> judge(file, null));
        assertTrue(ofFile.getMessage().contains("mauve"), ofFile.getMessage());
    }
}
