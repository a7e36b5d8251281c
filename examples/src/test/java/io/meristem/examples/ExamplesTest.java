package io.meristem.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.artifact.RunResult;
import io.meristem.job.Starter;
import io.meristem.predict.Answer;
import io.meristem.synth.LeafOptions;
import io.meristem.synth.SynthOptions;
import io.meristem.synth.SyntheticFolder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the examples on drawn leaves. */
class ExamplesTest {

    @TempDir
    static Path folder;

    @Test
    void fineTuneAndServe() throws IOException, InterruptedException, ExecutionException {
        Path photos = folder.resolve("leaves");
        SynthOptions leaves = SynthOptions.leaves(8, 4, 4, 96, 1).withLeaf(LeafOptions.easy());
        SyntheticFolder.write(photos, leaves, (done, total) -> {});
        Path run = folder.resolve("run");
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        PrintStream console = new PrintStream(said, true, StandardCharsets.UTF_8);
        RunResult result = FineTuneFolder.run(photos, run, 2, console);
        int classes = result.test().classes().size();
        assertEquals(4 * classes, result.test().photos());
        assertTrue(
                result.test().accuracy() > 1.5 / classes,
                "accuracy " + result.test().accuracy());
        String text = said.toString(StandardCharsets.UTF_8);
        assertTrue(text.contains("epoch 2: loss"), text);
        assertTrue(text.contains(4 * classes + " test photos: accuracy"), text);

        Path test = photos.resolve("test");
        Files.writeString(test.resolve("zz.txt"), "no photo");
        List<Answer> answers = ServePredictions.run(run, test, console);
        assertEquals(4 * classes + 1, answers.size());
        assertNull(answers.get(answers.size() - 1));
        assertEquals(1, answers.get(0).guesses().size());
        assertTrue(said.toString(StandardCharsets.UTF_8).endsWith("no photo" + System.lineSeparator()));
    }

    @Test
    void refusalsAreData() {
        assertEquals("ready", Refusals.answer(folder, Starter.NAME, 8));
        assertEquals("mark these fields: epochs, batchSize", Refusals.answer(folder, Starter.NAME, -1));
        String gone = Refusals.answer(folder, "gone.pth", 8);
        assertTrue(gone.startsWith("upload it again: ") && gone.contains("gone.pth"), gone);
    }
}
