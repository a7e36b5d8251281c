package io.meristem.study;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.artifact.RunFolder;
import io.meristem.testing.ColourPhotos;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KilledStudyTest {

    private static final String SPEC =
            "\"seeds\": 1, \"methods\": [\"head\", {\"name\": \"lora\", \"rank\": 1, \"train\": {\"epochs\": 60}}, \"lora:2\"]";

    @TempDir
    Path folder;

    static Study study(Path photos) throws IOException {
        return StudyJobTest.study(photos, SPEC);
    }

    @Test
    void aKilledStudyGoesOnWhereItWas() throws IOException, InterruptedException {
        Path photos = ColourPhotos.write(folder.resolve("photos"), 4, 2, 2);
        Path out = folder.resolve("study");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx512m",
                        "-Djava.awt.headless=true",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        StudyProcess.class.getName(),
                        photos.toString(),
                        out.toString(),
                        folder.resolve("cache").toString())
                .inheritIO()
                .start();
        try {
            while (process.isAlive() && !inSecondRun(out)) {
                process.waitFor(20, TimeUnit.MILLISECONDS);
            }
            assertTrue(process.isAlive(), "the study ended by itself");
        } finally {
            process.destroyForcibly().waitFor();
        }
        Path first = run(out, "head");
        byte[] timings = Files.readAllBytes(first.resolve(RunFolder.TIMINGS));
        assertTrue(!RunFolder.isFinished(run(out, "lora-r1")));

        List<String> started = new ArrayList<>();
        List<String> notes = new ArrayList<>();
        StudyJob.Outcome outcome = StudyJob.run(study(photos), out, 1, folder.resolve("cache"), new StudyListener() {
            @Override
            public void onRun(PlannedRun run, int number, int of, Duration left) {
                started.add(run.method());
            }

            @Override
            public void onNote(String sentence) {
                notes.add(sentence);
            }
        });
        assertEquals(List.of("lora r=2", "lora r=1"), started);
        assertTrue(notes.stream().anyMatch(note -> note.startsWith("Resuming the run in ")), notes.toString());
        assertEquals(3, outcome.runs().size());
        assertEquals(0, outcome.failed());
        assertArrayEquals(timings, Files.readAllBytes(first.resolve(RunFolder.TIMINGS)));
        assertEquals(
                60,
                Files.readAllLines(run(out, "lora-r1").resolve(RunFolder.METRICS))
                        .size());
    }

    private static boolean inSecondRun(Path out) throws IOException {
        Path run = run(out, "lora-r1");
        return run != null && Files.exists(run.resolve(RunFolder.METRICS));
    }

    private static Path run(Path out, String words) throws IOException {
        if (!Files.isDirectory(out.resolve("runs"))) {
            return null;
        }
        try (Stream<Path> runs = Files.list(out.resolve("runs"))) {
            return runs.filter(p -> p.getFileName().toString().contains(words))
                    .findFirst()
                    .orElse(null);
        }
    }
}
