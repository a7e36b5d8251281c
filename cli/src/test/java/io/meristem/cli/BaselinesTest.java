package io.meristem.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
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

/** AdaLoRA and DyLoRA from the command line. */
@ExtendWith(TemporaryHome.class)
class BaselinesTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    static Path folder;

    private static Path photos;

    @TempDir
    Path place;

    @BeforeAll
    static void prepare() {
        photos = PhotoFolders.write(folder.resolve("photos"), 12, "blight", "healthy");
    }

    private Shell train(Object... more) {
        Object[] usual = {
            "train",
            "--data",
            photos,
            "--out",
            place.resolve("run"),
            "--model",
            "mobilenet_v2_035",
            "--from-scratch",
            "--size",
            32,
            "--epochs",
            2,
            "--batch",
            8,
            "--threads",
            1
        };
        Object[] line = Arrays.copyOf(usual, usual.length + more.length);
        System.arraycopy(more, 0, line, usual.length, more.length);
        return Shell.run(line);
    }

    @Test
    void adaLoraTellsWhatIsLeft() throws IOException {
        Shell shell =
                train("--method", "adalora", "--target-rank", 2, "--delta-t", 1).succeeds();
        assertTrue(shell.out().contains("Ranks from epoch 1 on: 0.12 MiB over 52 layers.  3333"), shell.out());
        assertTrue(shell.out().contains("Ranks from epoch 2 on"), shell.out());
        JsonNode method =
                JSON.readTree(place.resolve("run/config.json").toFile()).at("/train/method");
        assertEquals("adalora", method.get("name").asText());
        assertEquals(3, method.get("init_rank").asInt());
        assertEquals(2, method.get("target_rank").asInt());
        Shell.run("evaluate", place.resolve("run"), "--rank", 2).refuses("adalora", "--method dylora");
    }

    @Test
    void adaLoraKeepsABudget() throws IOException {
        train("--method", "adalora", "--budget", 0.05, "--init-rank", 4, "--head", "adapted")
                .succeeds();
        JsonNode sizes =
                JSON.readTree(place.resolve("run/result.json").toFile()).get("sizes");
        double last = sizes.get(sizes.size() - 1).get("size").asDouble();
        assertTrue(last <= 0.05 && last > 0.04, "size " + last);
    }

    @Test
    void dyLoraIsUsedAtAnyOfItsRanks() throws IOException {
        train("--method", "dylora", "--rank-min", 2, "--rank-max", 8, "--dylora-ranks", "8,3")
                .succeeds();
        Path run = place.resolve("run");
        JsonNode result = JSON.readTree(run.resolve("result.json").toFile());
        assertEquals(2, result.get("ranks").size());
        assertTrue(Files.readString(run.resolve("summary.txt")).contains("rank 3"));
        JsonNode cut = JSON.readTree(
                Shell.run("evaluate", run, "--rank", 3, "--json").succeeds().out());
        assertEquals(result.at("/ranks/1/test"), cut.get("scores"));
        JsonNode most =
                JSON.readTree(Shell.run("evaluate", run, "--json").succeeds().out());
        assertEquals(result.at("/ranks/0/test"), most.get("scores"));
        Path photo = photos.resolve("blight/0.png");
        Shell whole = Shell.run("predict", run, photo, "--json").succeeds();
        assertEquals(
                whole.out(),
                Shell.run("predict", run, photo, "--rank", 8, "--json")
                        .succeeds()
                        .out());
        Shell.run("predict", run, photo, "--rank", 2).succeeds();
        Shell.run("predict", run, photo, "--rank", 1).refuses("ranks 2 to 8", "--rank");
        Shell.run("evaluate", run, "--rank", 9).refuses("ranks 2 to 8", "not for 9");
    }
}
