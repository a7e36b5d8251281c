package io.meristem.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.artifact.RunFolder;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@ExtendWith(TemporaryHome.class)
class DemoCommandTest {

    @TempDir
    Path folder;

    @Test
    void aSmallDemoLeavesItsRunsAndATable() throws Exception {
        Path out = folder.resolve("demo");
        StringWriter printed = new StringWriter();
        CommandLine demo = new CommandLine(new DemoCommand()).setOut(new PrintWriter(printed));
        assertEquals(
                0,
                demo.execute("--out", out.toString(), "--per-class", "8", "--epochs", "4", "--scorer", "activation"));
        for (String run : List.of("dra-activation-fixed", "lora-r8", "head")) {
            assertTrue(Files.isRegularFile(out.resolve(run).resolve(RunFolder.RESULT)), run);
        }
        assertTrue(Files.isRegularFile(out.resolve("photos/SYNTHETIC.txt")));
        String text = printed.toString();
        assertTrue(text.contains("SYNTHETIC"), text);
        assertTrue(text.contains("Ranks from epoch 1 on"), text);
        assertTrue(text.lines().anyMatch(line -> line.startsWith("lora r=8")), text);
        assertTrue(text.lines().anyMatch(line -> line.startsWith("dra activation fixed ")), text);
        assertTrue(text.contains("What was adapted"), text);
        assertTrue(text.contains("predict " + out.resolve("dra-activation-fixed")), text);
    }
}
