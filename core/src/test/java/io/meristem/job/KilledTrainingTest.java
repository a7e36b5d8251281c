package io.meristem.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.meristem.InputException;
import io.meristem.artifact.RunFolder;
import io.meristem.artifact.RunPlace;
import io.meristem.testing.ColourPhotos;
import io.meristem.weights.TensorFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KilledTrainingTest {

    private static final int LINES = 4;

    @TempDir
    Path folder;

    @Test
    void whatAKilledTrainingLeavesCanBeUsed() throws IOException, InterruptedException {
        Path photos = ColourPhotos.write(folder.resolve("photos"), 4, 2, 0);
        Path run = folder.resolve("run");
        Path cache = folder.resolve("cache");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx512m",
                        "-Djava.awt.headless=true",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        TrainingProcess.class.getName(),
                        photos.toString(),
                        run.toString(),
                        cache.toString())
                .inheritIO()
                .start();
        try {
            while (process.isAlive() && lines(run).size() < LINES) {
                process.waitFor(20, TimeUnit.MILLISECONDS);
            }
            assertTrue(process.isAlive(), "the training ended by itself");
        } finally {
            process.destroyForcibly().waitFor();
        }

        List<String> lines = lines(run);
        String text = Files.readString(run.resolve(RunFolder.METRICS));
        // The very last line may be torn; every line before it is whole.
        List<String> whole = text.endsWith("\n") ? lines : lines.subList(0, lines.size() - 1);
        for (int i = 0; i < whole.size(); i++) {
            assertEquals(
                    i + 1,
                    new ObjectMapper().readTree(whole.get(i)).get("epoch").asInt());
        }
        for (String name : List.of(RunFolder.BEST, RunFolder.ADAPTER)) {
            try (TensorFile file = TensorFile.open(run.resolve(name));
                    PointerScope scope = new PointerScope()) {
                file.tensors().keySet().forEach(file::read);
            }
        }
        EvaluateJob.Outcome outcome = EvaluateJob.run(run, null, EvaluateJob.Part.VAL, 1, cache, JobListener.NONE);
        assertEquals(6, outcome.scores().photos());
        InputException e = assertThrows(InputException.class, () -> RunPlace.refuseUnlessFree(run));
        assertTrue(e.getMessage().contains("already holds a run"), e.getMessage());

        Files.delete(run.resolve(RunFolder.BEST));
        InputException early = assertThrows(InputException.class, () -> RunFolder.open(run));
        assertTrue(early.getMessage().contains("stopped before its first epoch ended"), early.getMessage());
    }

    private static List<String> lines(Path run) throws IOException {
        Path file = run.resolve(RunFolder.METRICS);
        return Files.exists(file) ? Files.readAllLines(file) : List.of();
    }
}
