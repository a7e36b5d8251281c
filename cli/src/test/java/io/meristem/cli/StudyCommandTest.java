package io.meristem.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.meristem.synth.SynthOptions;
import io.meristem.synth.SyntheticFolder;
import io.meristem.tune.Dra;
import io.meristem.tune.FullTuning;
import io.meristem.tune.HeadOnly;
import io.meristem.tune.Lora;
import io.meristem.tune.Method;
import io.meristem.tune.Preset;
import io.meristem.tune.TrainConfig;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** A preset on drawn leaves with the starter network, as a user would try it on a laptop. */
@ExtendWith(TemporaryHome.class)
class StudyCommandTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    static Path folder;

    private static Path leaves;

    @TempDir
    Path place;

    @BeforeAll
    static void draw() throws IOException {
        leaves = folder.resolve("leaves");
        SyntheticFolder.write(leaves, SynthOptions.leaves(2, 1, 1, 64, 0), (done, of) -> {});
    }

    private Shell study(Object... more) {
        List<Object> line = new ArrayList<>(List.of("study", "--out", place.resolve("study"), "--threads", 1));
        line.addAll(List.of("--cache", folder.resolve("cache")));
        line.addAll(Arrays.asList(more));
        return Shell.run(line.toArray());
    }

    private Shell table3(Object... more) {
        List<Object> line = new ArrayList<>(List.of("--preset", "table3", "--data", leaves, "--precision", "fp32"));
        line.addAll(List.of("--models", "mobilenet_v2_035", "--weights", "mobilenet_v2_035=starter", "--size", 64));
        line.addAll(List.of("--epochs", 1, "--seeds", "4,", "--batch-size", 8, "--methods", "lora r=4,dra"));
        line.addAll(Arrays.asList(more));
        return study(line.toArray());
    }

    @Test
    void aDryRunSaysWhatWouldBeRunAndMakesNothing() throws IOException {
        Shell shell = table3("--dry-run").succeeds();
        assertTrue(shell.out().contains("leaves-mobilenet_v2_035-lora-r4-s4-"), shell.out());
        assertTrue(shell.out().contains("2 runs, 0 of them finished"), shell.out());
        assertTrue(shell.out().contains(" to "), "bounds of DRA's size: " + shell.out());
        assertFalse(Files.exists(place.resolve("study")));
        JsonNode json = JSON.readTree(table3("--dry-run", "--json").succeeds().out());
        assertEquals(2, json.size());
        assertEquals("missing", json.at("/0/state").asText());
        assertEquals(20, json.at("/0/photos").asInt());
    }

    @Test
    void aStudyRunsGoesOnAndGrows() throws IOException {
        Shell first = table3().succeeds();
        assertTrue(first.out().contains("2 runs: 0 finished already, 2 to do."), first.out());
        assertTrue(first.out().contains("[2/2] dra"), first.out());
        assertTrue(first.out().contains("LoRA and DRA"), first.out());
        assertTrue(first.out().contains("SYNTHETIC"), first.out());
        JsonNode table = JSON.readTree(place.resolve("study/tables/table3.json").toFile());
        assertEquals(2, table.get("rows").size());
        assertEquals(4, table.at("/published/rows").size());
        assertEquals(
                2,
                JSON.readTree(place.resolve("study/tables/fig4.json").toFile())
                        .get("rows")
                        .size());

        // Only the folder: on with what is there, under the settings that are written there.
        Shell again = study().succeeds();
        assertTrue(again.out().contains("2 runs: 2 finished already, 0 to do."), again.out());
        Shell more = study("--seeds", "4,5", "--methods", "dra", "--json").succeeds();
        JsonNode json = JSON.readTree(more.out());
        assertEquals(2, json.size());
        assertEquals(5, json.at("/1/seed").asInt());
        assertEquals(3, place.resolve("study/runs").toFile().list().length);
    }

    @Test
    void aFailedRunMakesExitCodeOne() throws IOException {
        Path spec = Files.writeString(
                place.resolve("mine.json"),
                String.format(
                        Locale.ROOT,
                        """
                {"models": [{"name": "mobilenet_v2_035", "weights": "starter", "size": 32}], "data": ["%s"], "seeds": 1,
                 "train": {"epochs": 1}, "methods": [{"name": "dra", "ranks": {"max": 1, "budget_mib": 1e-9}}, "head"]}
                """,
                        leaves));
        Shell shell = study(spec);
        assertEquals(1, shell.code(), shell.err());
        assertTrue(shell.out().contains("FAILED: A budget of"), shell.out());
        assertTrue(shell.out().contains("1 of 2 runs FAILED"), shell.out());
        List<String> lines = Files.readAllLines(place.resolve("study/runs.jsonl"));
        assertEquals("failed", JSON.readTree(lines.get(0)).get("status").asText());
        assertEquals("finished", JSON.readTree(lines.get(1)).get("status").asText());
    }

    @Test
    void whatCannotBeUsedIsRefused() throws IOException {
        study().refuses("There is no study in", "--preset");
        study("--preset", "table9").refuses("no preset 'table9'", "table7");
        study("--preset", "table1", place.resolve("x.json")).refuses("choose one");
        study(place.resolve("x.json")).refuses("x.json", "cannot be read");
        study("--preset", "table3").refuses("not downloaded yet", "weights pull alexnet");
        table3("--seeds", "0").refuses("--seeds");
        study("--preset", "table3", "--seeds", "x").refuses("--seeds is 'x'");
        study("--preset", "table3", "--seeds", "-2").refuses("--seeds is '-2'");
        study("--preset", "table3", "--weights", "a=b", "--weights", "a=c").refuses("twice for a");
        study("--preset", "default", "--weights", "scratch").refuses("no photos", "--data");
        study("--preset", "default", "--weights", "scratch", "--data", leaves, "--weights", "vgg=x")
                .refuses("'vgg'", "mobilenet_v2");
        study("--preset", "default", "--weights", "scratch", "--data", place.resolve("none"))
                .refuses("There is no folder", "none");
        study("--preset", "default", "--weights", "scratch", "--data", leaves, "--size", 8)
                .refuses("at least 32");
        study("--preset", "default", "--weights", "scratch", "--data", leaves, "--epochs", 0)
                .refuses("not 0");
        study("--preset", "default", "--weights", "scratch", "--data", leaves, "--methods", "prefix")
                .refuses("'prefix'", "dra, full, head, lora");
        assertFalse(Files.exists(place.resolve("study")));
        Files.createDirectories(place.resolve("study"));
        Files.writeString(place.resolve("study/letter.txt"), "dear");
        table3().refuses("holds something that is no study");
    }

    @Test
    void aSecondProcessIsRefused() throws IOException {
        Files.createDirectories(place.resolve("study"));
        try (FileChannel channel = FileChannel.open(
                        place.resolve("study/lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = channel.lock()) {
            table3().refuses("being run by another process");
        }
        assertFalse(Files.exists(place.resolve("study/study.json")));
    }

    @Test
    void timesInWords() {
        assertEquals("about 1 s", StudyReporter.words(Duration.ofMillis(20)));
        assertEquals("about 119 s", StudyReporter.words(Duration.ofSeconds(119)));
        assertEquals("about 3 min", StudyReporter.words(Duration.ofSeconds(170)));
        assertEquals("about 3 h 05 min", StudyReporter.words(Duration.ofMinutes(185)));
        assertEquals("about 4 days 3 h", StudyReporter.words(Duration.ofHours(99)));
    }

    static List<Preset> presets() {
        return List.of(Preset.values());
    }

    /** A study takes its usual settings from core; they are those that {@code train} has as defaults of its options. */
    @ParameterizedTest
    @MethodSource("presets")
    void trainWithoutOptionsIsWhatIsUsual(Preset preset) {
        Lora lora = new Lora(Lora.DEFAULT.rank(), preset.adapter(Lora.DEFAULT.adapter()), preset.rankLimit);
        Map<String, Method> methods = Map.of(
                "dra",
                preset == Preset.PAPER ? Dra.PAPER : Dra.DEFAULT,
                "lora",
                lora,
                "full",
                new FullTuning(),
                "head",
                new HeadOnly());
        methods.forEach((name, method) -> {
            TrainCommand command = new TrainCommand();
            String head = name.equals("head") ? "trained" : preset.head.name();
            new CommandLine(command)
                    .setCaseInsensitiveEnumValuesAllowed(true)
                    .parseArgs(
                            "--data",
                            leaves.toString(),
                            "--out",
                            "x",
                            "--from-scratch",
                            "--method",
                            name,
                            "--head",
                            head,
                            "--preset",
                            preset.name());
            assertEquals(TrainConfig.usual(method, preset, 0), command.config().train());
        });
    }

    /** LoRA's rank above what layers can use: the study's plan and {@code size} count what is trained, in either style. */
    @ParameterizedTest
    @ValueSource(strings = {"default", "paper"})
    void aStudyKnowsHowLargeAHeldRankIs(String style) throws IOException {
        int classes;
        try (var inside = Files.list(leaves.resolve("train"))) {
            classes = Math.toIntExact(inside.count());
        }
        Path spec = Files.writeString(
                place.resolve("spec.json"),
                """
                {"style": "%s", "models": [{"name": "mobilenet_v2_035", "weights": "starter", "size": 32}], "data": ["%s"],
                 "seeds": 1, "methods": [{"name": "lora", "rank": 64}]}
                """
                        .formatted(style, leaves));
        String plan = study(spec, "--dry-run").succeeds().out();
        Object[] line = {"size", "--model", "mobilenet_v2_035", "--classes", classes, "--rank", 64, "--preset", style};
        String size = Shell.run(line).succeeds().out();
        String mib = size.lines()
                .filter(row -> row.startsWith("adapter mib"))
                .map(row -> row.substring("adapter mib".length()).strip())
                .findFirst()
                .orElseThrow();
        assertTrue(plan.contains(" " + mib + " "), mib + " in " + plan);
    }

    @Test
    void settingsAreTunedAndTheLinesGiveTheTables() throws IOException {
        Path spec = Files.writeString(
                place.resolve("spec.json"),
                """
                {"models": [{"name": "mobilenet_v2_035", "weights": "starter", "size": 32}], "data": ["%s"], "seeds": 1,
                 "train": {"epochs": 1, "batch_size": 8}, "tuning": {"seeds": [7]},
                 "methods": ["head", {"name": "lora", "label": "lora", "grid": {"rank": [1, 2]}}]}
                """
                        .formatted(leaves));
        String plan = study(spec, "--dry-run").succeeds().out();
        assertTrue(plan.contains("tuning: 2 runs, 0 of them finished."), plan);
        assertTrue(plan.contains("confirmation: 2 runs, 0 of them finished."), plan);
        assertTrue(plan.contains("what tuning chooses") && plan.contains("(key follows from tuning)"), plan);
        assertTrue(plan.contains("is known after the first run"), plan);
        Shell run = study(spec).succeeds();
        assertTrue(run.out().contains("[1/4] tuning: lora (rank 1)"), run.out());
        assertTrue(study(spec, "--dry-run").succeeds().out().contains("4 runs, 4 of them finished."));

        Path lines = place.resolve("bench");
        Shell.run("study", "lines", place.resolve("study"), "--to", lines).succeeds();
        String tables = Shell.run("study", "tables", lines).succeeds().out();
        assertTrue(tables.contains("## Differences to the first method"), tables);
        assertTrue(tables.contains("## How settings were chosen"), tables);
        assertEquals(
                Files.readString(place.resolve("study/tables/pooled.csv")),
                Shell.run("study", "tables", lines, "--table", "pooled", "--format", "csv")
                        .succeeds()
                        .out());
        Shell none = Shell.run("study", "tables", lines, "--table", "curves");
        assertEquals(2, none.code());
        assertTrue(none.err().contains("those that do are results, pooled, tuning"), none.err());
        assertEquals(2, Shell.run("study", "tables", place.resolve("nowhere")).code());
        assertEquals(2, Shell.run("study", "--preset", "allocators").code());
        Shell overlap = study(spec, "--tuning-seeds", "0,5");
        assertEquals(2, overlap.code());
        assertTrue(overlap.err().contains("tuning.seeds has seed 0 of 'seeds' too"), overlap.err());
    }
}
