package io.meristem.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A run goes out and comes back by the command line. */
@ExtendWith(TemporaryHome.class)
class ExportCommandTest {

    @TempDir
    static Path folder;

    private static Path photos;
    private static Path run;

    @TempDir
    Path place;

    @BeforeAll
    static void train() throws IOException {
        photos = PhotoFolders.write(folder.resolve("photos"), 8, "healthy", "rust");
        run = folder.resolve("run");
        StarterRuns.train(photos, run, 1, "--method", "lora", "--rank", 2);
    }

    @Test
    void whatGoesOutComesBackAndPredictsTheSame() throws IOException {
        Path adapter = place.resolve("adapter");
        Shell out = Shell.run("export", run, "--format", "peft", "--merge-grouped", "--to", adapter, "--threads", 1)
                .succeeds();
        assertTrue(out.out().contains("The network is in " + adapter), out.out());
        assertTrue(Files.readString(adapter.resolve("README.md")).contains("PeftModel.from_pretrained"));
        Path back = place.resolve("back");
        Shell in = Shell.run("import", adapter, "--out", back, "--threads", 1).succeeds();
        assertTrue(
                in.out().startsWith("Imported an adapter of PEFT for mobilenet_v2_035, 2 classes; 35 layers"),
                in.out());
        Path photo = photos.resolve("rust").resolve("1.png");
        String before =
                Shell.run("predict", run, photo, "--threads", 1).succeeds().out();
        assertEquals(
                before,
                Shell.run("predict", back, photo, "--threads", 1).succeeds().out());
        Shell.run("evaluate", back, "--threads", 1).refuses("imported", "--data");
        Shell.run("evaluate", back, "--data", photos, "--threads", 1).succeeds();
        Path merged = place.resolve("merged.safetensors");
        Shell.run("export", back, "--format", "merged", "--to", merged, "--threads", 1)
                .succeeds();
        assertTrue(Files.exists(place.resolve("merged.safetensors.md")));
        Shell.run("export", back, "--format", "merged", "--to", merged, "--threads", 1)
                .refuses("there already");
    }

    @Test
    void whatCannotBeIsRefusedInOneSentence() {
        Path to = place.resolve("x");
        Shell.run("export", run, "--format", "peft", "--to", to)
                .refuses("PEFT", "features.1.conv.0.0", "--merge-grouped");
        Shell.run("export", run, "--format", "merged", "--merge-grouped", "--to", to)
                .refuses("--merge-grouped", "peft");
        Shell.run("export", run, "--format", "merged", "--to", to).refuses(".safetensors");
        Shell.run("export", run, "--format", "dreams", "--to", to).refuses("--format");
        Shell.run("export", place.resolve("none"), "--format", "merged", "--to", to)
                .refuses("no run folder");
        Shell.run("import", place.resolve("none"), "--out", to).refuses("no weights file");
        Shell.run("import", place, "--out", to).refuses("adapter_config.json");
        assertFalse(Files.exists(to));
    }
}
