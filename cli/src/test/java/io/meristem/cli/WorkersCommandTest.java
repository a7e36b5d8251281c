package io.meristem.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** {@code train --workers}, in processes of their own. */
@ExtendWith(TemporaryHome.class)
class WorkersCommandTest {

    @TempDir
    Path folder;

    private Process start(Path run, int epochs, Path out, Path err, String... more) throws IOException {
        Path photos = folder.resolve("photos");
        if (!Files.exists(photos)) {
            PhotoFolders.write(photos, 8, "blight", "healthy");
        }
        List<String> line = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-Djava.awt.headless=true",
                "-Duser.home=" + System.getProperty("user.home"),
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                Main.class.getName()));
        line.addAll(List.of("train", "--data", photos.toString(), "--out", run.toString(), "--threads", "1"));
        line.addAll(List.of("--model", "mobilenet_v2_035", "--from-scratch", "--size", "32", "--method", "lora"));
        line.addAll(List.of("--epochs", String.valueOf(epochs), "--batch", "4", "--workers", "2"));
        line.addAll(List.of(more));
        return new ProcessBuilder(line)
                .redirectError(err.toFile())
                .redirectOutput(out.toFile())
                .start();
    }

    /** What the engine prints when workers meet is not among what a program reads. */
    @Test
    void standardOutputIsJsonOnly() throws IOException, InterruptedException {
        Path out = folder.resolve("out.json");
        Path err = folder.resolve("err.txt");
        Process process = start(folder.resolve("run"), 1, out, err, "--json");
        try {
            assertTrue(process.waitFor(90, TimeUnit.SECONDS), "it did not end");
        } finally {
            process.destroyForcibly();
        }
        assertEquals(0, process.exitValue(), Files.readString(err));
        assertEquals(1, new ObjectMapper().readTree(out.toFile()).get("epochs").asInt());
    }

    @Test
    void aLostWorkerIsOneSentence() throws IOException, InterruptedException {
        Path run = folder.resolve("run");
        Path err = folder.resolve("err.txt");
        Process process = start(run, 500, folder.resolve("out.txt"), err);
        try {
            while (process.isAlive() && !Files.exists(run.resolve("metrics.jsonl"))) {
                process.waitFor(20, TimeUnit.MILLISECONDS);
            }
            process.children()
                    .filter(child -> child.info().command().orElse("").endsWith("java"))
                    .forEach(ProcessHandle::destroyForcibly);
            assertTrue(process.waitFor(60, TimeUnit.SECONDS), "it did not end");
        } finally {
            process.destroyForcibly();
        }
        assertEquals(1, process.exitValue());
        List<String> said = Files.readAllLines(err).stream()
                .filter(line -> line.startsWith("meristem: ") && !line.contains("Started without"))
                .toList();
        assertEquals(1, said.size(), said.toString());
        assertTrue(
                said.get(0)
                        .matches(
                                "meristem: Worker 1 of 2 is gone: it was killed \\(exit code 137\\); the run stands after epoch "
                                        + "\\d+: resume it with 'meristem train --resume .*run'\\."),
                said.get(0));
        assertFalse(Files.exists(run.resolve("result.json")));
        assertTrue(Files.exists(run.resolve("checkpoints")));
        Shell.run("train", "--resume", run, "--workers", 0).refuses("--workers must be from 1 to 1024, not 0");
    }
}
