package io.meristem.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.CancelToken;
import io.meristem.CancelledException;
import io.meristem.Meristem;
import io.meristem.artifact.RunFolder;
import io.meristem.data.folder.ImageFiles;
import io.meristem.data.image.UnreadableImageException;
import io.meristem.engine.Tensors;
import io.meristem.predict.Predictor;
import io.meristem.testing.ColourPhotos;
import io.meristem.testing.TinyRuns;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a training leaves that was asked to stop. */
class CancelledTrainingTest {

    @TempDir
    static Path folder;

    private static Path photos;

    @TempDir
    Path place;

    @BeforeAll
    static void photos() {
        photos = ColourPhotos.write(folder.resolve("photos"), 8, 3, 3);
    }

    private FineTuning training() {
        return Meristem.fineTune(photos)
                .model(TinyRuns.MODEL)
                .weights(ModelChoice.SCRATCH)
                .size(TinyRuns.SIZE)
                .method(TinyRuns.lora())
                .batch(8)
                .epochs(3)
                .threads(1)
                .cache(folder.resolve("cache"));
    }

    /** Does something after the second step of an epoch. */
    private static JobListener inEpoch(int wanted, Runnable action) {
        return new JobListener() {
            @Override
            public void onStep(int epoch, int step, int steps, double loss) {
                assertTrue(epoch < wanted || step <= 2, "a step after the training was stopped");
                if (epoch == wanted && step == 2) {
                    action.run();
                }
            }
        };
    }

    @Test
    void beforeAnEpochHasEndedTheRunCanBeGoneOnWith() {
        CancelToken token = new CancelToken();
        Path out = place.resolve("run");
        long before = Tensors.kept();
        FineTuning training = training().cancelledBy(token).listener(inEpoch(1, token::cancel));
        CancelledException e = assertThrows(CancelledException.class, () -> training.run(out));
        assertTrue(e.getMessage().contains("as was asked for"), e.getMessage());
        assertFalse(Files.exists(out.resolve(RunFolder.BEST)));
        TrainJob.resume(out, folder.resolve("cache"), null, JobListener.NONE, new CancelToken());
        assertTrue(RunFolder.isFinished(out));
        assertEquals(before, Tensors.kept());
    }

    @Test
    void laterTheBestStateIsLeftAndAnswers() throws UnreadableImageException {
        Path out = place.resolve("run");
        FineTuning training =
                training().listener(inEpoch(2, () -> Thread.currentThread().interrupt()));
        assertThrows(CancelledException.class, () -> training.run(out));
        assertTrue(Thread.interrupted(), "the thread stays interrupted");
        assertFalse(RunFolder.isFinished(out));
        try (Predictor predictor = Meristem.predictor(out)) {
            assertEquals(ColourPhotos.CLASSES, predictor.classes());
            assertFalse(predictor.calibrated());
            Path photo = ImageFiles.below(photos).get(0);
            assertEquals(3, predictor.predict(photo).guesses().size());
        }
        assertEquals(
                9,
                EvaluateJob.run(out, null, null, 1, folder.resolve("cache"), JobListener.NONE)
                        .scores()
                        .photos());
    }

    @Test
    void decodingStopsToo() {
        CancelToken token = new CancelToken();
        token.cancel();
        Path out = place.resolve("run");
        FineTuning training = training().cache(place.resolve("cache")).cancelledBy(token);
        assertThrows(CancelledException.class, () -> training.run(out));
        Thread.currentThread().interrupt();
        FineTuning second = training().cache(place.resolve("cache2"));
        assertThrows(CancelledException.class, () -> second.run(out));
        assertTrue(Thread.interrupted());
        assertFalse(Files.exists(out));
    }
}
