package io.meristem.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.artifact.Checkpoints;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Output that nobody takes. */
@ExtendWith(TemporaryHome.class)
class StandardOutputTest {

    @TempDir
    static Path folder;

    private static Path photos;
    private static Path run;

    @BeforeAll
    static void train() {
        photos = PhotoFolders.write(folder.resolve("photos"), 8, "blight", "healthy");
        run = folder.resolve("run");
        StarterRuns.train(photos, run, 1, "--method", "head");
    }

    /** Takes so many bytes. */
    private static final class Limited extends OutputStream {

        private final String reason;
        private int left;

        Limited(int bytes, String reason) {
            this.left = bytes;
            this.reason = reason;
        }

        @Override
        public void write(int b) throws IOException {
            if (left == 0) {
                throw new IOException(reason);
            }
            left--;
        }
    }

    private static Shell into(OutputStream out, String... args) {
        StringWriter err = new StringWriter();
        int code = Main.run(new StandardOutput(out, () -> false), new PrintWriter(err), args);
        return new Shell(code, "", err.toString());
    }

    private static String[] line(String command) {
        return command.replace("RUN", run.toString())
                .replace("PHOTOS", photos.toString())
                .replace("NEW", folder.resolve("new").toString())
                .split(" ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--help",
                "--version",
                "help train",
                "models",
                "models --json",
                "weights list",
                "size --model mobilenet_v2_035 --classes 3",
                "predict RUN PHOTOS",
                "predict RUN PHOTOS --format csv",
                "predict RUN PHOTOS --json",
                "evaluate RUN",
                "evaluate RUN --json",
                "report RUN",
                "data check PHOTOS --no-probe"
            })
    void aFullDiskIsSaidAndIsNoSuccess(String command) {
        Shell shell = into(new Limited(0, "No space left on device"), line(command));
        assertEquals(1, shell.code(), shell.err());
        assertEquals(
                "meristem: Standard output cannot be written: No space left on device.",
                shell.err().lines().reduce((a, b) -> b).orElse(""),
                shell.err());
        assertFalse(shell.err().contains("\tat "), shell.err());
    }

    @Test
    void predictingEndsWhenItsReaderGoes() throws IOException {
        Path many = PhotoFolders.write(folder.resolve("many"), 300, "leaf");
        Limited head = new Limited(150, "Broken pipe");
        Shell shell = into(head, "predict", run.toString(), many.toString(), "--format", "csv", "--threads", "1");
        assertEquals(141, shell.code(), shell.err());
        assertEquals("", shell.err());
    }

    @Test
    void aTrainingStopsWithACheckpointWhenItsReaderGoes() throws IOException {
        Path stopped = folder.resolve("stopped");
        Shell shell = into(
                new Limited(0, "Broken pipe"),
                line(
                        "train --data PHOTOS --out " + stopped
                                + " --model mobilenet_v2_035 --weights starter --size 32 --batch 4 --method head --epochs 40 --threads 1 --plan kind"));
        assertEquals(141, shell.code(), shell.err());
        assertFalse(Files.exists(stopped.resolve("result.json")));
        assertTrue(
                shell.err().contains("Resume with: meristem train --resume")
                        == Checkpoints.newest(stopped).isPresent(),
                shell.err());
    }

    @Test
    void aTrainingIsNotLostForAFullDiskUnderItsLog() {
        Path whole = folder.resolve("whole");
        Shell shell = into(
                new Limited(0, "No space left on device"),
                line(
                        "train --data PHOTOS --out " + whole
                                + " --model mobilenet_v2_035 --weights starter --size 32 --batch 8 --method head --epochs 1 --threads 1 --plan kind"));
        assertEquals(1, shell.code(), shell.err());
        assertTrue(shell.err().contains("Standard output cannot be written"), shell.err());
        assertTrue(Files.exists(whole.resolve("result.json")));
    }

    @Test
    void textIsUtf8() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        StandardOutput output = new StandardOutput(bytes, () -> false);
        PrintWriter writer = output.writer();
        writer.print("Größe");
        writer.flush();
        assertEquals("Größe", bytes.toString(StandardCharsets.UTF_8));
        assertTrue(output.failure().isEmpty());
    }
}
