package io.meristem.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Trainings that go wrong or would not fit, figures with intervals, and runs side by side. */
@ExtendWith(TemporaryHome.class)
class SafeguardsTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    static Path folder;

    private static Path photos;

    @BeforeAll
    static void prepare() throws IOException {
        photos = PhotoFolders.write(folder.resolve("photos"), 12, "blight", "healthy");
        StringBuilder groups = new StringBuilder("path,group\n");
        for (int i = 0; i < 12; i++) {
            groups.append("photos/blight/")
                    .append(i)
                    .append(".png,leaf")
                    .append(i / 2)
                    .append('\n');
        }
        Files.writeString(folder.resolve("manifest.csv"), groups);
    }

    private static Shell train(String out, Object... more) {
        Object[] usual = {
            "train",
            "--data",
            photos,
            "--out",
            folder.resolve(out),
            "--model",
            "mobilenet_v2_035",
            "--from-scratch",
            "--size",
            32,
            "--batch",
            8,
            "--method",
            "lora",
            "--threads",
            1
        };
        Object[] line = Arrays.copyOf(usual, usual.length + more.length);
        System.arraycopy(more, 0, line, usual.length, more.length);
        return Shell.run(line);
    }

    @Test
    void aRateOfAMillionEndsInASentence() {
        Shell shell = train("wild", "--lr", 1e6, "--head-lr", 1e6, "--epochs", 3, "--optimizer", "sgd", "--clip", 0);
        assertEquals(1, shell.code(), shell.err());
        String last = shell.err().lines().reduce((a, b) -> b).orElseThrow();
        assertTrue(last.startsWith("meristem: Training went wrong in epoch 1, step "), shell.err());
        assertTrue(last.contains("no epoch had ended well before") && last.contains("--lr"), shell.err());
        assertFalse(Files.exists(folder.resolve("wild")));
    }

    @Test
    void runsAreCompared() throws IOException {
        Shell first = train("a", "--epochs", 1).succeeds();
        assertTrue(first.out().contains("groups are taken from " + folder.resolve("manifest.csv")), first.out());
        assertTrue(first.out().contains("95 % interval"), first.out());
        JsonNode split = JSON.readTree(folder.resolve("a/config.json").toFile()).at("/data/split");
        assertEquals(
                folder.resolve("manifest.csv").toString(),
                split.get("group_csv").asText());
        train("b", "--epochs", 1, "--seed", 2).succeeds();
        Shell plain = train("c", "--epochs", 1, "--no-groups").succeeds();
        assertFalse(plain.out().contains("groups are taken"), plain.out());
        Path a = folder.resolve("a");
        Path b = folder.resolve("b");
        Shell text = Shell.run("compare", a, b, "--list").succeeds();
        assertTrue(text.out().contains("points (95 % interval"), text.out());
        assertTrue(text.out().contains("choose with --split val"), text.out());
        JsonNode json = JSON.readTree(Shell.run("compare", a, b, "--split", "val", "--json")
                .succeeds()
                .out());
        assertEquals("val", json.get("side").asText());
        assertEquals(1, json.get("pairs").size());
        assertTrue(json.at("/pairs/0/p").isNumber());
        JsonNode result = JSON.readTree(a.resolve("result.json").toFile());
        assertEquals(result.at("/val/accuracy"), json.at("/runs/0/accuracy"));
        assertEquals(result.at("/val/accuracy_interval"), json.at("/runs/0/interval"));
        Shell.run("compare", a).refuses("two or more");
        Shell.run("compare", a, b, "--split", "train").refuses("trained on");
        Shell.run("compare", a, folder.resolve("c")).refuses("other test photos");
        Shell.run("compare", a, folder.resolve("nowhere")).refuses("no run folder");
    }

    @Test
    void whatWillNotFitIsRefusedAtOnce() {
        Shell.run(
                        "train",
                        "--data",
                        photos,
                        "--out",
                        folder.resolve("huge"),
                        "--model",
                        "convnext_xlarge",
                        "--from-scratch",
                        "--batch",
                        65536)
                .refuses("will take about", "are free", "--ignore-memory");
        assertFalse(Files.exists(folder.resolve("huge")));
    }

    @Test
    void aStudyThatWillNotFitIsRefusedAtOnce() throws IOException {
        Path study = folder.resolve("huge.json");
        Files.writeString(
                study,
                "{\"data\": [\"" + photos
                        + "\"], \"models\": [{\"name\": \"convnext_xlarge\", \"weights\": \"scratch\"}], \"methods\": [\"lora\"], \"seeds\": [0], \"train\": {\"batch_size\": 65536}}");
        Shell.run("study", study, "--out", folder.resolve("huge-study"))
                .refuses("A run of 'lora r=8' on convnext_xlarge", "will take about", "--ignore-memory");
        assertFalse(Files.exists(folder.resolve("huge-study")));
    }

    @Test
    void badSettingsAreRefused() {
        train("x", "--on-divergence", "hope").refuses("neither stop nor lower-lr");
        train("x", "--no-groups", "--groups", folder.resolve("manifest.csv")).refuses("choose one");
        train("x", "--nice", 20).refuses("0 to 19");
        train("x", "--nice", 5).refuses("launcher");
        Shell.run("bench", "memory", "--steps", 2).refuses("--steps");
    }

    @Test
    void memoryIsWatched() throws IOException {
        JsonNode report = JSON.readTree(Shell.run(
                        "bench",
                        "memory",
                        "--model",
                        "mobilenet_v2_035",
                        "--size",
                        32,
                        "--batch",
                        2,
                        "--steps",
                        20,
                        "--method",
                        "head",
                        "--plan",
                        "kind",
                        "--threads",
                        1,
                        "--json")
                .succeeds()
                .out());
        assertEquals(0, report.get("tensors_left").asInt());
        assertEquals(0, report.get("tensors_growth").asInt());
    }
}
