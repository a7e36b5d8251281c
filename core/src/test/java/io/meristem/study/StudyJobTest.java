package io.meristem.study;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.meristem.InputException;
import io.meristem.Message;
import io.meristem.ProcessLock;
import io.meristem.artifact.RunFolder;
import io.meristem.engine.Tensors;
import io.meristem.testing.ColourPhotos;
import io.meristem.tune.Lora;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole studies of trainings that take a second. */
class StudyJobTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    static Path folder;

    private static Path photos;

    @TempDir
    Path place;

    @BeforeAll
    static void prepare() {
        photos = ColourPhotos.write(folder.resolve("photos"), 4, 2, 2);
    }

    /** Counts what was really run. */
    private static final class Counter implements StudyListener {
        final List<String> started = new ArrayList<>();
        final List<String> found = new ArrayList<>();
        final List<RunLine> ended = new ArrayList<>();
        final List<Duration> left = new ArrayList<>();
        int finished = -1;

        @Override
        public void onPlan(int finished, int missing) {
            this.finished = finished;
        }

        @Override
        public void onRun(PlannedRun run, int number, int of, Duration left) {
            started.add(run.method() + "/" + run.seed());
            this.left.add(left);
        }

        @Override
        public void onFound(PlannedRun run, int number, int of) {
            found.add(run.method() + "/" + run.seed());
        }

        @Override
        public void onRunEnd(RunLine line) {
            ended.add(line);
        }
    }

    private Study study(String more) throws IOException {
        return study(photos, more);
    }

    static Study study(Path photos, String more) throws IOException {
        return Specs.read(
                "{\"models\": [{\"name\": \"mobilenet_v2_035\", \"weights\": \"scratch\", \"size\": 32, \"crop_fraction\": 1}], "
                        + "\"data\": [\"" + photos + "\"], \"train\": {\"epochs\": 1, \"batch_size\": 8, "
                        + "\"compute\": {\"precision\": \"fp32\", \"measured\": false}}, " + more + "}",
                Scale.NONE);
    }

    private StudyJob.Outcome run(Study study, StudyListener listener) {
        return StudyJob.run(study, place.resolve("study"), 1, folder.resolve("cache"), listener);
    }

    private List<JsonNode> lines() throws IOException {
        List<JsonNode> lines = new ArrayList<>();
        for (String line : Files.readAllLines(place.resolve("study/runs.jsonl"))) {
            lines.add(JSON.readTree(line));
        }
        return lines;
    }

    private List<Path> runs() throws IOException {
        try (Stream<Path> runs = Files.list(place.resolve("study/runs"))) {
            return runs.sorted().toList();
        }
    }

    private JsonNode table(String id) throws IOException {
        return JSON.readTree(place.resolve("study/tables/" + id + ".json").toFile());
    }

    private static final String TWO = "\"seeds\": 2, \"methods\": [\"head\", \"lora:1\"]";

    @Test
    void aStudyLeavesRunsLinesAndTables() throws IOException {
        long kept = Tensors.kept();
        Counter counter = new Counter();
        StudyJob.Outcome outcome = run(study(TWO), counter);
        assertEquals(0, outcome.failed());
        assertEquals(List.of("head/0", "lora r=1/0", "head/1", "lora r=1/1"), counter.started);
        assertNull(counter.left.get(0));
        assertTrue(counter.left.get(3).toMillis() > 0, counter.left.toString());
        assertEquals(4, runs().size());
        List<JsonNode> lines = lines();
        assertEquals(4, lines.size());
        JsonNode line = lines.get(1);
        assertEquals("lora r=1", line.get("method").asText());
        assertEquals("photos", line.get("data").asText());
        assertEquals("finished", line.get("status").asText());
        assertTrue(line.get("error").isNull());
        JsonNode result = JSON.readTree(place.resolve("study")
                .resolve(line.get("folder").asText())
                .resolve("result.json")
                .toFile());
        assertEquals(
                result.at("/test/accuracy").asDouble(),
                line.at("/test/accuracy").asDouble());
        assertEquals(
                result.at("/val/macro_f1").asDouble(), line.at("/val/macro_f1").asDouble());
        assertEquals(result.get("average_mib"), line.get("average_mib"));
        assertTrue(line.get("seconds_per_epoch").asDouble() > 0);
        assertEquals(
                line.get("key").asText(),
                Path.of(line.get("folder").asText()).getFileName().toString());

        JsonNode table = table("results");
        assertEquals(2, table.get("rows").size());
        assertTrue(table.at("/rows/0/3").asText().endsWith("(n=2)"), table.toString());
        assertEquals(table.get("columns").size(), table.at("/rows/0").size());
        assertEquals(4, table("curves").get("rows").size());
        for (String ending : List.of("md", "csv", "tex")) {
            assertTrue(Files.size(place.resolve("study/tables/results." + ending)) > 0);
        }
        assertEquals(kept, Tensors.kept());
        assertEquals(study(TWO), StudyReader.file(StudyJob.specification(place.resolve("study")), Scale.NONE));
    }

    @Test
    void whatIsFinishedIsNotRunAgain() throws IOException {
        run(study(TWO), StudyListener.NONE);
        List<byte[]> before = new ArrayList<>();
        for (Path run : runs()) {
            before.add(Files.readAllBytes(run.resolve(RunFolder.TIMINGS)));
        }
        String written = Files.readString(place.resolve("study/runs.jsonl"));
        // As if killed between a run's end and its line.
        Files.delete(place.resolve("study/runs.jsonl"));
        Files.writeString(place.resolve("study/.runs.jsonl.1.part"), "torn");
        Counter counter = new Counter();
        run(study(TWO), counter);
        assertEquals(4, counter.finished);
        assertEquals(List.of(), counter.started);
        assertEquals(written, Files.readString(place.resolve("study/runs.jsonl")));
        assertFalse(Files.exists(place.resolve("study/.runs.jsonl.1.part")));
        for (int i = 0; i < before.size(); i++) {
            assertArrayEquals(before.get(i), Files.readAllBytes(runs().get(i).resolve(RunFolder.TIMINGS)));
        }

        // As if killed in the middle of a run: it is done again from its start, after those that are new.
        Path torn = runs().stream()
                .filter(p -> p.getFileName().toString().contains("head-s0"))
                .findFirst()
                .orElseThrow();
        Files.delete(torn.resolve(RunFolder.RESULT));
        assertEquals(
                "broken off",
                StudyJob.plan(study(TWO), place.resolve("study")).get(0).state());
        Counter again = new Counter();
        run(study(TWO.replace("\"seeds\": 2", "\"seeds\": 3")), again);
        assertEquals(3, again.finished);
        assertEquals(List.of("head/2", "lora r=1/2", "head/0"), again.started);
        assertTrue(Files.exists(torn.resolve(RunFolder.RESULT)));
        assertEquals(1, Files.readAllLines(torn.resolve(RunFolder.METRICS)).size());
    }

    @Test
    void anotherSpecificationKeepsWhatItShares() throws IOException {
        run(study("\"seeds\": 1, \"methods\": [\"head\", \"lora:1\"]"), StudyListener.NONE);
        assertTrue(Files.exists(place.resolve("study/tables/curves.md")));
        Counter counter = new Counter();
        String other = "\"seeds\": 1, \"tables\": [{\"id\": \"mine\", \"kind\": \"matrix\", \"methods\": "
                + "[{\"name\": \"lora\", \"rank\": 1, \"label\": \"one\"}, \"lora:2\"]}]";
        run(study(other), counter);
        assertEquals(List.of("lora r=2/0"), counter.started);
        assertEquals(2, lines().size());
        assertEquals("one", lines().get(0).get("method").asText());
        assertEquals(3, runs().size());
        assertFalse(Files.exists(place.resolve("study/tables/curves.md")));
        assertEquals("one", table("mine").at("/rows/0/0").asText());

        // Another photo makes another set of photos: nothing of the old is taken for it.
        Path moved = ColourPhotos.write(place.resolve("photos"), 4, 2, 3);
        Counter third = new Counter();
        run(study(moved, other), third);
        assertEquals(2, third.started.size());
        // The same photos elsewhere are the same.
        Path same = ColourPhotos.write(place.resolve("elsewhere/photos"), 4, 2, 2);
        Counter fourth = new Counter();
        run(study(same, other), fourth);
        assertEquals(0, fourth.started.size());
    }

    private static final String FAILING =
            "{\"name\": \"dra\", \"ranks\": {\"max\": 1, \"budget_mib\": 1e-9}, \"calibration_batch_size\": 8}";

    @Test
    void aFailedRunIsToldAndTheOthersGoOn() throws IOException {
        String spec = "\"seeds\": 1, \"methods\": [" + FAILING
                + ", {\"name\": \"lora\", \"label\": \"same\", \"size_of\": {\"method\": \"dra\"}}, \"head\"]";
        Counter counter = new Counter();
        StudyJob.Outcome outcome = run(study(spec), counter);
        assertEquals(2, outcome.failed());
        assertEquals(List.of("dra/0", "head/0", "same/0"), counter.started);
        JsonNode dra = lines().get(0);
        assertEquals("failed", dra.get("status").asText());
        assertTrue(dra.get("error").asText().contains("buys no rank"), dra.toString());
        assertTrue(dra.get("test").isNull() && dra.get("average_mib").isNull());
        assertEquals("finished", lines().get(1).get("status").asText());
        JsonNode same = lines().get(2);
        assertTrue(same.get("error").asText().contains("'dra', and that run failed"), same.toString());
        assertTrue(same.get("folder").isNull());
        JsonNode table = table("results");
        assertEquals("–", table.at("/rows/0/3").asText());
        assertTrue(table.get("notes").toString().contains("Failed: dra"), table.toString());
        assertTrue(table.get("notes").toString().contains("1 of 3 runs are finished"), table.toString());
        assertEquals(
                List.of("failed", "finished", "missing"),
                StudyJob.plan(study(spec), place.resolve("study")).stream()
                        .map(PlannedRun::state)
                        .toList());
        // It is tried again, and what is finished is not.
        Counter again = new Counter();
        assertEquals(2, run(study(spec), again).failed());
        assertEquals(List.of("dra/0", "same/0"), again.started);
    }

    @Test
    void aSizeIsTakenFromTheRunThatHasIt() throws IOException {
        String spec =
                """
                "seeds": 2, "calibration_epochs": 1, "methods": ["lora:2",
                  {"name": "dra", "ranks": {"min": 3, "max": 3}, "calibration_batches": 1, "calibration_batch_size": 8},
                  {"name": "lora", "label": "lora at 1x", "size_of": {"method": "dra"}},
                  {"name": "lora", "label": "lora at two thirds", "size_of": {"method": "dra", "factor": 0.667}}]
                """;
        Counter counter = new Counter();
        StudyJob.Outcome outcome = run(study(spec), counter);
        assertEquals(0, outcome.failed());
        // At two thirds of rank 3 everywhere it is the LoRA of rank 2 that is there already.
        assertEquals(
                List.of("lora r=2/0", "dra/0", "lora at 1x/0", "lora r=2/1", "dra/1", "lora at 1x/1"), counter.started);
        assertEquals(List.of("lora at two thirds/0", "lora at two thirds/1"), counter.found);
        assertEquals(8, outcome.runs().size());
        assertEquals(outcome.runs().get(0).key(), outcome.runs().get(3).key());
        assertEquals("lora at two thirds", outcome.runs().get(3).method());
        RunLine sized = outcome.runs().get(2);
        Lora lora = (Lora) RunFolder.open(place.resolve("study").resolve(sized.folder()))
                .config()
                .train()
                .method();
        assertEquals(3, lora.rank());
        JsonNode table = table("results");
        assertEquals("size wanted", table.at("/columns/5").asText());
        assertEquals("0.667 × dra", table.at("/rows/3/5").asText());
        JsonNode sizes = table("sizes");
        assertEquals("1", sizes.at("/rows/0/4").asText());
        assertEquals(2, sizes.get("rows").size());
    }

    @Test
    void oneProcessAtATime() throws IOException {
        Path out = place.resolve("study");
        Files.createDirectories(out);
        try (ProcessLock lock = ProcessLock.take(out, Message.of("taken"))) {
            InputException e = assertThrows(InputException.class, () -> run(study(TWO), StudyListener.NONE));
            assertTrue(e.getMessage().contains("another process"), e.getMessage());
        }
        assertFalse(Files.exists(out.resolve("study.json")));
        ProcessLock.take(out, Message.of("taken")).close();
    }

    @Test
    void placesThatCannotBeUsedAreLeftAlone() throws IOException {
        Path out = place.resolve("study");
        Files.createDirectories(out);
        Files.writeString(out.resolve("letter.txt"), "dear");
        assertThrows(InputException.class, () -> run(study(TWO), StudyListener.NONE));
        assertThrows(InputException.class, () -> StudyJob.plan(study(TWO), out));
        try (Stream<Path> inside = Files.list(out)) {
            assertEquals(1, inside.count());
        }
        Files.writeString(place.resolve("file"), "text");
        assertThrows(
                InputException.class,
                () -> StudyJob.run(study(TWO), place.resolve("file"), 1, folder, StudyListener.NONE));
        // Photos that are not there are refused before anything is made.
        InputException e = assertThrows(
                InputException.class,
                () -> StudyJob.run(
                        study(place.resolve("nowhere"), TWO), place.resolve("new"), 1, folder, StudyListener.NONE));
        assertTrue(e.getMessage().contains("There is no folder"), e.getMessage());
        assertFalse(Files.exists(place.resolve("new")));
    }

    @Test
    void robustnessIsJudgedOncePerRun() throws IOException {
        Study study = study("\"seeds\": 2, \"methods\": [\"head\"]");
        run(study, StudyListener.NONE);
        Results results = new Results(study, data -> false);
        StudyPlan plan = new StudyPlan(study);
        for (int i = 0; i < 2; i++) {
            Path run = runs().get(i);
            results.add(
                    results.cell(plan.slots().get(i)),
                    new FinishedRun(run.getFileName().toString(), run, RunFolder.result(run)));
        }
        List<Path> judged = new ArrayList<>();
        PerturbationJudge judge = (run, names) -> {
            judged.add(run);
            return names.stream().map(name -> judged.size() / 4.0).toList();
        };
        try (StudyFolder open = StudyFolder.open(place.resolve("study"))) {
            PerturbedRuns perturbed = new PerturbedRuns(open, List.of("noise:3", "crop:3"), judge);
            for (int round = 0; round < 2; round++) {
                ResultTable table = RobustnessTable.of(study.questions().get(0), results, perturbed);
                assertEquals(
                        List.of("photos", "model", "method", "unchanged %", "noise:3 %", "crop:3 %"), table.columns());
                assertEquals("37.50 ± 17.68 (n=2)", table.rows().get(0).get(4));
                assertEquals(2, judged.size());
            }
        }
    }
}
