package io.meristem.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Photos looked over from the command line. */
@ExtendWith(TemporaryHome.class)
@DisabledOnOs(OS.WINDOWS) // which allows no such names
class DataCommandTest {

    private static final String HOSTILE = "<script>alert(1)< ä \u001b[31m";

    @TempDir
    Path folder;

    /** Two classes, one with a name that means harm, and a photo that is in both. */
    private Path spoiled() throws IOException {
        Path root = folder.resolve("photos");
        PhotoFolders.write(root, 24, "green", "red");
        Files.move(root.resolve("red"), root.resolve(HOSTILE));
        Files.copy(root.resolve("green/1.png"), root.resolve(HOSTILE).resolve("copy.png"));
        return root;
    }

    @Test
    void findingsArePrintedWrittenAndFailWhereStrict() throws IOException {
        Path root = spoiled();
        Path json = folder.resolve("check.json");
        Path html = folder.resolve("check.html");
        Path groups = folder.resolve("groups.csv");
        Shell shell = Shell.run("data", "check", root, "--json", json, "--html", html, "--groups-out", groups)
                .succeeds();
        assertTrue(shell.out().contains("SEVERE   One photo lies in two classes"), shell.out());
        assertTrue(shell.out().contains("-> Decide which class is right"), shell.out());
        assertTrue(shell.out().contains("border pixels"), shell.out());
        assertFalse(shell.out().contains("\u001b"), "a name steers the terminal");
        JsonNode read = new ObjectMapper().readTree(json.toFile());
        assertEquals(49, read.get("photos").asInt());
        assertEquals(
                "CONFLICTING_LABELS", read.get("findings").get(0).get("kind").asText());
        assertEquals("SEVERE", read.get("findings").get(0).get("severity").asText());
        assertEquals(4, read.get("probes").size());
        assertFalse(Files.readString(html).contains("<script>alert"));
        assertEquals(3, Files.readAllLines(groups).size());
        assertEquals(
                1, Shell.run("data", "check", root, "--strict", "--no-probe").code());
    }

    @Test
    void strictIsContentWithACleanFolder() {
        Path root = PhotoFolders.write(folder.resolve("photos"), 24, "a", "b");
        Shell shell = Shell.run("data", "check", root, "--strict", "--no-probe").succeeds();
        assertTrue(shell.out().contains("Nothing was found"), shell.out());
    }

    @Test
    void whatCannotBeUsedIsRefused() {
        Shell.run("data", "check", folder.resolve("nowhere")).refuses("nowhere");
        Path root = PhotoFolders.write(folder.resolve("photos"), 2, "a", "b");
        Shell.run("data", "check", root, "--html", folder.resolve("page.txt")).refuses(".html");
        Shell.run("data", "check", root, "--json", folder).refuses("is a folder");
        Shell.run("data", "check", root, "--min-side", -1).refuses("limits");
        Shell.run("data", "check", root, "--groups", folder.resolve("none.csv")).refuses("none.csv");
        Shell.run("data", "check", root, "--group-column", "leaf").refuses("without the CSV");
        Shell.run("data").refuses("Missing required subcommand");
    }

    @Test
    void trainingSaysWhatIsWrong() throws IOException {
        Shell shell = Shell.run(
                        "train",
                        "--data",
                        spoiled(),
                        "--out",
                        folder.resolve("run"),
                        "--from-scratch",
                        "--model",
                        "mobilenet_v2",
                        "--method",
                        "head",
                        "--size",
                        32,
                        "--epochs",
                        1,
                        "--threads",
                        1)
                .succeeds();
        assertTrue(shell.out().contains("Photos: "), shell.out());
        assertTrue(shell.out().contains("One photo lies in two classes"), shell.out());
        assertTrue(shell.out().contains("meristem data check '"), shell.out());
    }
}
