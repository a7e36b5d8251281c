package io.meristem.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A training that is told to stop, and is resumed. */
@ExtendWith(TemporaryHome.class)
class ResumeCommandTest {

    private static final int EPOCHS = 60;

    @TempDir
    Path folder;

    private List<String> command(Path run) throws IOException {
        Path photos = PhotoFolders.write(folder.resolve("photos"), 6, "blight", "healthy");
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
        line.addAll(List.of("--epochs", String.valueOf(EPOCHS), "--batch", "4", "--plan", "kind"));
        return line;
    }

    @Test
    void stopsWhenAskedToAndGoesOn() throws IOException, InterruptedException {
        Path run = folder.resolve("run");
        Path err = folder.resolve("err.txt");
        Process process = new ProcessBuilder(command(run))
                .redirectError(err.toFile())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            while (process.isAlive() && !Files.exists(run.resolve("metrics.jsonl"))) {
                process.waitFor(20, TimeUnit.MILLISECONDS);
            }
            process.destroy();
            assertTrue(process.waitFor(60, TimeUnit.SECONDS), "it did not stop");
        } finally {
            process.destroyForcibly();
        }
        String said = Files.readString(err);
        assertEquals(143, process.exitValue(), said);
        assertTrue(said.contains("meristem: Stopped after epoch "), said);
        assertTrue(said.contains("Resume with: meristem train --resume " + run), said);
        assertFalse(Files.exists(run.resolve("result.json")));

        Shell.run("train", "--resume", run, "--epochs", 3, "--threads", 2).refuses("--epochs, --threads", "--resume");
        Shell.run("train", "--resume", folder.resolve("photos")).refuses("is not a run folder");
        Shell.run("train", "--resume", run, "--checkpoint-steps", -1).refuses("--checkpoint-steps", "-1");

        Shell resumed = Shell.run("train", "--resume", run).succeeds();
        assertTrue(resumed.out().contains("Resuming the run in " + run + " after epoch "), resumed.out());
        assertTrue(resumed.out().contains("The run is in " + run), resumed.out());
        assertEquals(EPOCHS, Files.readAllLines(run.resolve("metrics.jsonl")).size());
        assertFalse(Files.exists(run.resolve("checkpoints")));

        Shell again = Shell.run("train", "--resume", run).succeeds();
        assertTrue(again.out().contains("has ended, after " + EPOCHS + " epochs: nothing is left to do"), again.out());
        Shell.run("train", "--out", folder.resolve("x")).refuses("'--data=FOLDER'");
        Shell.run("train", "--data", folder).refuses("'--out=FOLDER'");
    }
}
