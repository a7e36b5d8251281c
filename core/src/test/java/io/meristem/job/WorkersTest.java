package io.meristem.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.CancelToken;
import io.meristem.CancelledException;
import io.meristem.InputException;
import io.meristem.WorkerLostException;
import io.meristem.artifact.Json;
import io.meristem.artifact.Provenance;
import io.meristem.artifact.RunConfig;
import io.meristem.artifact.RunFolder;
import io.meristem.artifact.RunResult;
import io.meristem.engine.Engine;
import io.meristem.testing.ColourPhotos;
import io.meristem.testing.TinyRuns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole trainings by processes of this machine. */
class WorkersTest {

    private static final int EPOCHS = 3;

    @TempDir
    static Path folder;

    private static Path photos;

    @BeforeAll
    static void draw() {
        Engine.start(1);
        photos = ColourPhotos.write(folder.resolve("photos"), 7, 2, 1);
    }

    private static RunConfig config() {
        return TinyRuns.run(TinyRuns.train(TinyRuns.lora(), EPOCHS, 1), photos, null);
    }

    /** @param step told the steps since the beginning of the training */
    private static JobListener listener(List<String> notes, IntConsumer step) {
        return new JobListener() {
            @Override
            public void onNote(String sentence) {
                notes.add(sentence);
            }

            @Override
            public void onStep(int epoch, int of, int steps, double loss) {
                step.accept((epoch - 1) * steps + of);
            }
        };
    }

    private static List<ProcessHandle> others() {
        return ProcessHandle.current().children().filter(ProcessHandle::isAlive).toList();
    }

    /** Stopped, resumed with as many workers, one of which is killed, and resumed alone. */
    @Test
    void aTrainingOutlivesItsWorkers() throws IOException {
        Path run = folder.resolve("run");
        Path cache = folder.resolve("cache");
        List<String> notes = new ArrayList<>();
        CancelToken token = new CancelToken();
        assertThrows(
                CancelledException.class,
                () -> TrainJob.run(
                        config(),
                        null,
                        run,
                        cache,
                        0,
                        listener(notes, step -> {
                            assertEquals(1, others().size());
                            token.cancel();
                        }),
                        token,
                        new LocalWorkers(2)));
        assertEquals(List.of(), others());
        assertEquals(
                2,
                Json.read(run.resolve(RunFolder.PROVENANCE), Provenance.class).workers());

        JobListener killing = listener(notes, step -> {
            if (step == 4) {
                others().forEach(ProcessHandle::destroyForcibly);
            }
        });
        WorkerLostException e = assertThrows(
                WorkerLostException.class, () -> TrainJob.resume(run, cache, null, killing, new CancelToken()));
        assertEquals(
                "Worker 1 of 2 is gone: it was killed (exit code 137); the run stands after epoch 1: resume it.",
                e.getMessage());
        assertEquals(List.of(), others());
        assertFalse(RunFolder.isFinished(run));

        notes.clear();
        RunResult result =
                TrainJob.resume(run, cache, null, listener(notes, step -> {}), new CancelToken(), Workers.NONE);
        assertEquals(EPOCHS, result.epochs());
        assertTrue(
                notes.stream()
                        .anyMatch(note -> note.startsWith("The run began with 2 workers and is resumed with one")),
                notes.toString());
        try (Stream<Path> left = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            assertEquals(
                    List.of(),
                    left.filter(path -> path.getFileName().toString().startsWith(".meristem-workers"))
                            .toList());
        }
    }

    @Test
    void nothingIsLeftOfATrainingThatDidNotBegin() {
        Path run = folder.resolve("early");
        Workers absent = new Workers() {
            @Override
            public int count() {
                return 2;
            }

            @Override
            public Group meet(Task task, CancelToken token) {
                throw new WorkerLostException(io.meristem.Message.plain("Worker 1 of 2 is gone: it was never there."));
            }
        };
        WorkerLostException e = assertThrows(
                WorkerLostException.class,
                () -> TrainJob.run(
                        config(), null, run, folder.resolve("cache"), 0, JobListener.NONE, new CancelToken(), absent));
        assertEquals(
                "Worker 1 of 2 is gone: it was never there; the training had not begun, so nothing is left in " + run
                        + ".",
                e.getMessage());
        assertFalse(Files.exists(run));
    }

    @Test
    void aWorkerThatSeesSomethingElseSaysSo() {
        TrainWorker.Order order = new TrainWorker.Order(
                config(), folder.resolve("cache").toString(), 2, TrainJob.VERSION, "f".repeat(64), null);
        InputException e = assertThrows(
                InputException.class,
                () -> TrainWorker.work(order, 1, () -> {
                    throw new IllegalStateException("it must not come so far");
                }));
        assertTrue(e.getMessage().startsWith("it sees other photos in " + photos), e.getMessage());
        TrainWorker.Order older = new TrainWorker.Order(config(), order.cache(), 2, "0.0.1", order.photos(), null);
        e = assertThrows(InputException.class, () -> TrainWorker.work(older, 1, () -> null));
        assertEquals(
                "it runs meristem " + TrainJob.VERSION + ", and worker 0 runs 0.0.1: use the same version everywhere.",
                e.getMessage());
    }

    @Test
    void thereIsNoTrainingWithoutWorkers() {
        InputException e = assertThrows(InputException.class, () -> new LocalWorkers(0));
        assertEquals("the number of workers must be from 1 to 1024, not 0.", e.getMessage());
    }
}
