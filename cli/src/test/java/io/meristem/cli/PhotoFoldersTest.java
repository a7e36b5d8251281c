package io.meristem.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Photo folders as people have them, from the first command to the last. */
@ExtendWith(TemporaryHome.class)
class PhotoFoldersTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    private static Shell train(Path photos, Path out, Object... more) {
        List<Object> line = new ArrayList<>(List.of(
                "train",
                "--data",
                photos,
                "--out",
                out,
                "--model",
                "mobilenet_v2_035",
                "--from-scratch",
                "--size",
                32));
        line.addAll(List.of("--batch", 8, "--method", "lora", "--threads", 1, "--epochs", 1));
        line.addAll(List.of(more));
        return Shell.run(line.toArray());
    }

    private static JsonNode provenance(Path run) throws IOException {
        return JSON.readTree(run.resolve("provenance.json").toFile());
    }

    /** A run, a photo cache and heatmaps lie in the folder that they are made from. */
    @Test
    void outputMayLieAmongThePhotos() throws IOException {
        Path photos = PhotoFolders.write(folder.resolve("photos"), 6, "a", "b");
        Path run = photos.resolve("run");
        train(photos, run, "--cache", photos.resolve("cache")).succeeds();
        Shell.run("evaluate", run, "--cache", photos.resolve("cache"), "--threads", 1)
                .succeeds();
        Shell.run("predict", run, photos, "--heatmap", photos.resolve("heat"), "--threads", 1)
                .succeeds();
        Shell again = train(photos, folder.resolve("run2")).succeeds();
        assertTrue(again.out().contains("run: a run, which this program has written"), again.out());
        assertEquals(
                provenance(run).get("data_fingerprint"),
                provenance(folder.resolve("run2")).get("data_fingerprint"));
        Shell check = Shell.run("data", "check", photos, "--no-probe").succeeds();
        assertTrue(check.out().contains("12 photos, 2 classes"), check.out());
        Shell asked = Shell.run("predict", run, photos, "--format", "csv", "--threads", 1)
                .succeeds();
        assertEquals(13, asked.out().lines().count(), asked.out());
        assertTrue(asked.err().contains("a heatmap of this program"), asked.err());
        Shell.run("evaluate", run, "--data", run, "--threads", 1).refuses("is a run and no photo folder");
    }

    @Test
    void aRunJudgesACopyFromMacOs() {
        Path photos = PhotoFolders.write(folder.resolve("linux"), 6, "Größe", "Grün");
        Path mac = PhotoFolders.write(
                folder.resolve("mac"),
                6,
                Normalizer.normalize("Größe", Normalizer.Form.NFD),
                Normalizer.normalize("Grün", Normalizer.Form.NFD));
        train(photos, folder.resolve("run")).succeeds();
        Shell judged = Shell.run("evaluate", folder.resolve("run"), "--data", mac, "--threads", 1)
                .succeeds();
        assertTrue(judged.out().contains("12 photos: accuracy"), judged.out());
    }

    /** Nobody is trained on testing photos, nor on an ignored table without hearing of it. */
    @Test
    void whatTheFolderIsTakenForIsSaidBeforeTraining() throws IOException {
        Path photos = folder.resolve("photos");
        PhotoFolders.write(photos.resolve("Training"), 6, "a", "b");
        PhotoFolders.write(photos.resolve("Testing"), 2, "a", "b");
        Files.writeString(photos.resolve("manifest.csv"), "photo;Group Id\nx;1\n", StandardCharsets.UTF_16);
        train(photos, folder.resolve("run")).refuses("photo, Group Id", "--no-groups");
        assertFalse(Files.exists(folder.resolve("run")));
        Shell shell = train(photos, folder.resolve("run"), "--no-groups").succeeds();
        assertTrue(shell.out().contains("Testing is taken as the test side"), shell.out());
        assertTrue(shell.out().contains("it is not used"), shell.out());
        Shell judged = Shell.run("evaluate", folder.resolve("run"), "--data", photos, "--threads", 1)
                .succeeds();
        assertTrue(judged.out().contains("4 photos: accuracy"), judged.out());
    }

    /** Judging a run by its own photos means the very photos that it was trained with. */
    @Test
    void photosThatHaveChangedSinceAreSaid() throws IOException {
        Path photos = PhotoFolders.write(folder.resolve("photos"), 6, "a", "b");
        Path run = folder.resolve("run");
        train(photos, run).succeeds();
        Shell same = Shell.run("evaluate", run, "--threads", 1).succeeds();
        assertFalse((same.out() + same.err()).contains("changed since"), same.out());
        Path one = photos.resolve("a/0.png");
        Files.copy(photos.resolve("b/0.png"), one, StandardCopyOption.REPLACE_EXISTING);
        Shell other = Shell.run("evaluate", run, "--threads", 1).succeeds();
        assertTrue((other.out() + other.err()).contains("have changed since the training"), other.out());
    }
}
