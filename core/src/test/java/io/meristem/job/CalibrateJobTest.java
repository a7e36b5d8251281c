package io.meristem.job;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.InputException;
import io.meristem.artifact.Calibration;
import io.meristem.artifact.PhotoAnswer;
import io.meristem.artifact.RunConfig;
import io.meristem.artifact.RunFolder;
import io.meristem.data.folder.ImageFiles;
import io.meristem.data.image.ImageDecoder;
import io.meristem.data.image.UnreadableImageException;
import io.meristem.data.image.Views;
import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import io.meristem.eval.Coverage;
import io.meristem.eval.Predictions;
import io.meristem.eval.Temperature;
import io.meristem.predict.Answer;
import io.meristem.predict.Predictor;
import io.meristem.testing.ColourPhotos;
import io.meristem.testing.TinyRuns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Calibration of a run, and predictions with it. */
class CalibrateJobTest {

    @TempDir
    static Path folder;

    private static Path photos;
    private static Path run;

    @TempDir
    Path place;

    @BeforeAll
    static void train() {
        photos = ColourPhotos.write(folder.resolve("photos"), 8, 10, 6);
        run = folder.resolve("run");
        TrainJob.run(
                TinyRuns.run(TinyRuns.train(TinyRuns.dyLora(false), 1, 3), photos, null),
                run,
                folder.resolve("cache"),
                JobListener.NONE);
        // Nothing is learnt in one epoch, so that answers are wrong enough to calibrate.
        assertTrue(RunFolder.result(run).val().accuracy() < 1);
    }

    private Path copy() throws IOException {
        Path copy = Files.createDirectories(place.resolve("run"));
        try (Stream<Path> files = Files.list(run)) {
            for (Path file : files.toList()) {
                Files.copy(file, copy.resolve(file.getFileName()));
            }
        }
        return copy;
    }

    private static Predictor open(Path run, Views views, Double abstain) {
        return PredictJob.open(new PredictJob.Request(run, null, 3, views, new Abstention(abstain, null)), 1);
    }

    private static String text(Path file) throws IOException {
        return Files.readString(file);
    }

    @Test
    void trainingFitsOnTheValidationPhotosAndLooksAtTheTestPhotos() {
        RunFolder folder = RunFolder.open(run);
        Calibration calibration = folder.calibration().orElseThrow();
        List<PhotoAnswer> answers = folder.answers().orElseThrow();
        Predictions val = Calibration.side(answers, "val");
        assertEquals(30, val.size());
        assertEquals(30, calibration.photos());
        assertEquals(Temperature.fit(val).temperature(), calibration.temperature());
        assertEquals(18, calibration.test().before().photos());
        if (calibration.note() == null) {
            assertTrue(calibration.val().after().logLoss()
                    <= calibration.val().before().logLoss());
        }
        assertEquals(
                RunFolder.result(run).test().accuracy(),
                calibration.test().after().accuracy(),
                1e-12);
        assertEquals(calibration.temperature(), folder.temperature().getAsDouble());
        assertEquals(
                List.of(4, 2, 1),
                calibration.ranks().stream().map(Calibration.AtRank::rank).toList());
        assertEquals(
                calibration.ranks().get(2).temperature(),
                folder.at(1).temperature().getAsDouble());
        assertTrue(folder.at(3).temperature().isEmpty(), "rank 3 has not been judged");
    }

    @Test
    void anOldRunIsUsedAsItIsUntilItIsCalibrated() throws IOException {
        Path old = copy();
        String before = text(old.resolve(RunFolder.CALIBRATION));
        Files.delete(old.resolve(RunFolder.CALIBRATION));
        assertTrue(RunFolder.open(old).temperature().isEmpty());
        try (Predictor predictor = open(old, Views.ONE, null)) {
            assertFalse(predictor.calibrated());
        }
        EvaluateJob.Outcome outcome = EvaluateJob.run(old, null, null, 1, folder.resolve("cache"), JobListener.NONE);
        assertNull(outcome.trust().temperature());
        assertNull(outcome.trust().side().after());

        Calibration again = CalibrateJob.run(old, null, 1, folder.resolve("cache"), JobListener.NONE);
        Calibration first = RunFolder.open(run).calibration().orElseThrow();
        assertEquals(first.temperature(), again.temperature());
        assertEquals(first.test(), again.test());
        CalibrateJob.run(run, null, 1, folder.resolve("cache"), JobListener.NONE);
        assertEquals(before, text(run.resolve(RunFolder.CALIBRATION)), "ranks are kept");
    }

    @Test
    void aRunWithoutAnswersIsAsked() throws IOException {
        Path old = copy();
        String answers = text(old.resolve(RunFolder.PREDICTIONS));
        Files.delete(old.resolve(RunFolder.PREDICTIONS));
        InputException e = assertThrows(
                InputException.class,
                () -> PredictJob.open(new PredictJob.Request(old, null, 1, Views.ONE, new Abstention(null, 0.5)), 1));
        assertTrue(e.getMessage().contains("run a calibration on it"), e.getMessage());
        double before = RunFolder.open(old).calibration().orElseThrow().temperature();
        double after = CalibrateJob.run(old, null, 1, folder.resolve("cache"), JobListener.NONE)
                .temperature();
        assertEquals(before, after, 1e-6);
        assertEquals(answers, text(old.resolve(RunFolder.PREDICTIONS)));
    }

    @Test
    void withoutValidationPhotosThereIsNothingToFitOn() throws IOException {
        RunConfig config = TinyRuns.run(TinyRuns.train(TinyRuns.lora(), 1, 3), photos.resolve("train"), null);
        config = new RunConfig(
                config.model(),
                new RunConfig.Data(
                        config.data().folder(),
                        config.data().split().withFractions(0, 0.3),
                        config.data().augmentation()),
                config.train(),
                1);
        Path out = place.resolve("noval");
        TrainJob.run(config, out, folder.resolve("cache"), JobListener.NONE);
        assertFalse(Files.exists(out.resolve(RunFolder.CALIBRATION)));
        assertTrue(text(out.resolve(RunFolder.SUMMARY)).contains("calibrated no, there are no validation photos"));
        InputException e = assertThrows(
                InputException.class, () -> CalibrateJob.run(out, null, 1, folder.resolve("cache"), JobListener.NONE));
        assertTrue(e.getMessage().contains("no validation photos"), e.getMessage());
    }

    @Test
    void predictionsAreTheCalibratedAnswersOfTheRun() {
        RunFolder folder = RunFolder.open(run);
        double temperature = folder.temperature().getAsDouble();
        List<PhotoAnswer> answers = folder.answers().orElseThrow();
        List<Path> files = answers.stream().map(a -> photos.resolve(a.path())).toList();
        long before = Tensors.kept();
        List<Answer> said = new ArrayList<>();
        try (Predictor predictor = open(run, Views.ONE, null)) {
            predictor.predict(files.iterator(), false, 2, said::add);
        }
        assertEquals(before, Tensors.kept());
        assertEquals(files, said.stream().map(Answer::photo).toList());
        for (int i = 0; i < files.size(); i++) {
            float[] expected = Temperature.apply(answers.get(i).probabilities(), temperature);
            for (var guess : said.get(i).guesses()) {
                assertEquals(expected[ColourPhotos.CLASSES.indexOf(guess.name())], guess.probability(), 1e-5);
            }
        }
    }

    @Test
    void evaluationAndPredictionAverageTheSameViews() {
        EvaluateJob.Outcome outcome = EvaluateJob.run(
                EvaluateJob.Request.of(run)
                        .withPart(EvaluateJob.Part.TEST)
                        .withPerturbations(io.meristem.data.image.Perturbations.NONE)
                        .withViews(Views.FLIPS)
                        .withAbstention(new Abstention(0.4, null)),
                1,
                folder.resolve("cache"),
                JobListener.NONE);
        int right = 0;
        double confidence = 0;
        int answered = 0;
        List<Path> test = ImageFiles.below(photos.resolve("test"));
        List<Answer> answers = new ArrayList<>();
        try (Predictor predictor = open(run, Views.FLIPS, 0.4)) {
            predictor.predict(test.iterator(), true, 1, answers::add);
        }
        for (Answer answer : answers) {
            String truth = answer.photo().getParent().getFileName().toString();
            right += answer.guesses().get(0).name().equals(truth) ? 1 : 0;
            confidence += answer.guesses().get(0).probability() / test.size();
            answered += answer.unsure() ? 0 : 1;
            assertEquals(
                    answer.unsure() ? Answer.UNSURE : answer.guesses().get(0).name(), answer.name());
        }
        assertEquals(outcome.scores().accuracy(), (double) right / test.size(), 1e-9);
        assertEquals(outcome.trust().side().after().confidence(), confidence, 1e-5);
        assertEquals(outcome.trust().abstained().answered(), answered);
    }

    @Test
    void theThresholdForAnAccuracyIsChosenOnTheValidationPhotos() {
        RunFolder folder = RunFolder.open(run);
        Predictions val = Temperature.apply(
                Calibration.side(folder.answers().orElseThrow(), "val"),
                folder.temperature().getAsDouble());
        double wanted = Coverage.at(val, 0).accuracy();
        double threshold = new Abstention(null, wanted).threshold(run, null);
        assertEquals(Coverage.threshold(val, wanted).getAsDouble(), threshold);
        assertTrue(Coverage.at(val, threshold).accuracy() >= wanted);
        assertThrows(InputException.class, () -> new Abstention(0.5, 0.5));
        assertThrows(InputException.class, () -> new Abstention(1.5, null));
        assertThrows(InputException.class, () -> new Abstention(null, 0.0));
    }

    @Test
    void aPredictorAnswersManyThreads() throws InterruptedException, ExecutionException, IOException {
        List<Path> files = ImageFiles.below(photos.resolve("test"));
        ExecutorService pool = Executors.newFixedThreadPool(4);
        try (Predictor predictor = open(run, Views.MIRROR, null)) {
            List<Answer> alone = new ArrayList<>();
            for (Path file : files) {
                alone.add(predictor.predict(file));
            }
            List<Future<Answer>> together = new ArrayList<>();
            for (int round = 0; round < 3; round++) {
                for (Path file : files) {
                    together.add(pool.submit(() -> predictor.predict(file)));
                }
            }
            for (int i = 0; i < together.size(); i++) {
                assertEquals(alone.get(i % files.size()), together.get(i).get());
            }
            Answer bytes = predictor.predict(Files.readAllBytes(files.get(0)));
            assertEquals(alone.get(0).guesses(), bytes.guesses());
            assertEquals(
                    alone.get(0).guesses(),
                    predictor.predict(ImageDecoder.decode(files.get(0))).guesses());
            assertThrows(UnreadableImageException.class, () -> predictor.predict(new byte[] {1, 2, 3}));
            predictor.close();
            assertThrows(IllegalStateException.class, () -> predictor.predict(files.get(0)));
        } finally {
            pool.shutdown();
        }
    }

    @Test
    void whatIsNoModelIsNamed() throws IOException {
        Engine.start(1);
        assertThrows(InputException.class, () -> Classifiers.open(place.resolve("nothing"), null));
        assertThrows(InputException.class, () -> Classifiers.open(place, null));
        Path text = Files.writeString(place.resolve("model.txt"), "no model");
        InputException e = assertThrows(InputException.class, () -> Classifiers.open(text, null));
        assertTrue(e.getMessage().contains("is no model"), e.getMessage());
        Path weights = run.resolve(RunFolder.BEST);
        e = assertThrows(InputException.class, () -> Classifiers.open(weights, null));
        assertTrue(e.getMessage().contains("names of their classes"), e.getMessage());
        assertArrayEquals(
                new String[] {"blue", "green", "red"},
                RunFolder.open(run).classes().toArray());
    }
}
