package io.meristem.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.meristem.InputException;
import io.meristem.artifact.Json;
import io.meristem.artifact.RunFolder;
import io.meristem.testing.ColourPhotos;
import io.meristem.tune.Lora;
import io.meristem.tune.TrainConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Settings chosen on validation photos before methods are compared. */
class TuningTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** Two trials each for two methods, of which one has the size of the other. */
    private static final String SPEC =
            """
            "seeds": [0, 1], "tuning": {"seeds": [100, 101], "trials": 2}, "methods": [
              {"name": "lora", "rank": 2, "label": "lora", "grid": {"train.optimization.rate": [1e-9, 0.003]}},
              {"name": "lora", "label": "same", "size_of": {"method": "lora"}, "grid": [{"train": {"epochs": 1}}, {"train": {"epochs": 2}}]},
              "head"]
            """;

    @TempDir
    static Path folder;

    private static Path photos;

    @TempDir
    Path place;

    @BeforeAll
    static void prepare() {
        photos = ColourPhotos.write(folder.resolve("photos"), 4, 2, 2);
    }

    private Study study(String spec) throws IOException {
        return StudyJobTest.study(photos, spec);
    }

    private StudyJob.Outcome run(Study study, List<String> started) {
        return StudyJob.run(study, place.resolve("study"), 1, folder.resolve("cache"), new StudyListener() {
            @Override
            public void onRun(PlannedRun run, int number, int of, Duration left) {
                started.add(run.role().charAt(0) + " " + run.method() + " [" + run.trial() + "] " + run.seed());
                assertTrue(number >= 1 && number <= of, number + " of " + of);
            }
        });
    }

    private JsonNode table(String id) throws IOException {
        return JSON.readTree(place.resolve("study/tables/" + id + ".json").toFile());
    }

    @Test
    void settingsAreChosenFirstAndComparedWithOtherSeeds() throws IOException {
        Study study = study(SPEC);
        List<PlannedRun> before = StudyJob.plan(study, place.resolve("study"));
        assertEquals(
                Map.of("tuning", 8L, "confirmation", 6L),
                before.stream().collect(Collectors.groupingBy(PlannedRun::role, Collectors.counting())));
        assertNull(before.get(0).seconds());
        PlannedRun open = before.get(8);
        assertNull(open.key());
        assertNull(open.trial());

        List<String> started = new ArrayList<>();
        StudyJob.Outcome outcome = run(study, started);
        assertEquals(0, outcome.failed());
        assertEquals(
                List.of(
                        "t lora [rate 0.000000001] 100",
                        "t lora [rate 0.003] 100",
                        "t lora [rate 0.000000001] 101",
                        "t lora [rate 0.003] 101",
                        "t same [epochs 1] 100",
                        "t same [epochs 2] 100",
                        "t same [epochs 1] 101",
                        "t same [epochs 2] 101"),
                started.subList(0, 8));
        assertTrue(
                started.subList(8, started.size()).stream().allMatch(run -> run.startsWith("c ")), started.toString());
        // No test photo of a run that tunes is in what the study tells.
        List<RunLine> tuning = outcome.runs().stream().filter(RunLine::tuned).toList();
        assertEquals(8, tuning.size());
        assertTrue(tuning.stream().allMatch(line -> line.test() == null && line.val() != null));
        assertEquals(
                2,
                tuning.stream()
                        .filter(l -> l.method().equals("lora"))
                        .map(RunLine::settings)
                        .distinct()
                        .count());

        // The comparison was run with what was chosen.
        JsonNode table = table("tuning");
        String best = "";
        for (JsonNode row : table.get("rows")) {
            if (row.get(2).asText().equals("lora") && row.get(8).asText().equals("chosen")) {
                best += row.get(4).asText();
            }
        }
        List<RunLine> confirmed = outcome.runs().stream()
                .filter(line -> !line.tuned() && line.method().equals("lora"))
                .toList();
        assertEquals(List.of(best, best), confirmed.stream().map(RunLine::trial).toList());
        TrainConfig train = RunFolder.open(
                        place.resolve("study").resolve(confirmed.get(0).folder()))
                .config()
                .train();
        assertEquals(train.optimization().rate(), Double.parseDouble(best.substring("rate ".length())));
        assertEquals(2, ((Lora) train.method()).rank());
        assertNotNull(confirmed.get(0).test());

        assertEquals(4, table.get("rows").size());
        assertEquals("1 of 2", table.at("/rows/0/3").asText());
        long chosen = 0;
        for (JsonNode row : table.get("rows")) {
            chosen += row.get(8).asText().equals("chosen") ? 1 : 0;
        }
        assertEquals(2, chosen);
        assertTrue(table.get("notes").toString().contains("fewer than 2 trials: head (1)"), table.toString());
        JsonNode pooled = table("pooled");
        assertEquals(3, pooled.get("rows").size());
        assertEquals("2", pooled.at("/rows/1/13").asText());
        assertEquals("1", pooled.at("/rows/2/14").asText());
        // Tables of the comparison know its seeds only.
        assertTrue(table("results").at("/rows/0/3").asText().endsWith("(n=2)"));

        // Nothing is run again, and the specification that was written says the same.
        List<String> again = new ArrayList<>();
        run(StudyReader.file(place.resolve("study/study.json"), Scale.NONE), again);
        assertEquals(List.of(), again);
        assertEquals(study, StudyReader.file(place.resolve("study/study.json"), Scale.NONE));

        // A comparison with more seeds takes what was chosen.
        List<String> more = new ArrayList<>();
        run(study(SPEC.replace("[0, 1]", "[0, 1, 2]")), more);
        assertEquals(
                List.of("c lora [" + confirmed.get(0).trial() + "] 2"),
                more.stream().filter(run -> run.contains(" lora ")).toList());
        assertTrue(more.stream().allMatch(run -> run.startsWith("c ") && run.endsWith(" 2")), more.toString());
    }

    @Test
    void aTrialWithAFailedRunIsOut() throws IOException {
        String spec =
                """
                "seeds": 1, "tuning": {"seeds": [100]}, "methods": [
                  {"name": "dra", "label": "dra", "ranks": {"max": 1}, "calibration_batch_size": 8, "calibration_batches": 1, "calibration_epochs": 1,
                   "grid": {"ranks.budget_mib": [1e-9, 0.2]}},
                  {"name": "dra", "label": "none", "ranks": {"max": 1}, "calibration_batch_size": 8, "calibration_batches": 1, "calibration_epochs": 1,
                   "grid": {"ranks.budget_mib": [2e-9, 3e-9]}}]
                """;
        List<String> started = new ArrayList<>();
        StudyJob.Outcome outcome = run(study(spec), started);
        assertEquals(4, outcome.failed());
        RunLine dra = outcome.runs().get(4);
        assertEquals("budget mib 0.2", dra.trial());
        assertTrue(dra.finished());
        RunLine none = outcome.runs().get(5);
        assertEquals("None of the 2 trials of 'none' could be chosen: each had a run that failed.", none.error());
        assertNull(none.folder());
        assertTrue(
                table("tuning").at("/rows/0/7").asText().equals("1"),
                table("tuning").toString());
        assertTrue(table("pooled").get("notes").toString().contains("could be chosen"));
        // What failed is tried again, before what waits for it.
        List<String> again = new ArrayList<>();
        run(study(spec), again);
        assertEquals(
                List.of(
                        "t dra [budget mib 0.000000001] 100",
                        "t none [budget mib 0.000000002] 100",
                        "t none [budget mib 0.000000003] 100",
                        "c none [null] 0"),
                again);
    }

    /** By accuracy, then log loss, then the order of the grid; for each set of photos and model, or for all. */
    @ParameterizedTest
    @CsvSource({
        "each, a, 0.5 0.5 0.5 0.5, 1 1 1 1, 0 0",
        "each, a, 0.5 0.6 0.5 0.5, 1 2 1 0.9, 1 1",
        "each, a, 0.5 0.6 0.7 0.6, 1 1 1 1, 1 0",
        "all, a, 0.5 0.6 0.7 0.65, 1 1 1 1, 1 1",
        "all, a, 0.5 0.6 0.7 0.6, 1 1 1 1.5, 0 0",
        "all, a, 0.5 0.6 0.7 0.6, 1 1.1 1 0.8, 1 1",
    })
    void theRuleOfChoice(String choose, String ignored, String accuracies, String losses, String chosen)
            throws IOException {
        Study study = Specs.read(
                """
                {"models": [{"name": "mobilenet_v2_035", "weights": "scratch", "size": 32}], "data": ["/p/x", "/p/y"], "seeds": [0],
                 "tuning": {"seeds": [7], "choose": "%s"},
                 "methods": [{"name": "lora", "grid": {"rank": [1, 2]}}]}
                """
                        .formatted(choose),
                Scale.NONE);
        Results results = new Results(study, data -> false);
        StudyMethod method = study.methods().get(0);
        StudyModel model = study.models().get(0);
        String[] accuracy = accuracies.split(" ");
        String[] loss = losses.split(" ");
        for (int d = 0; d < 2; d++) {
            assertNull(results.chosen(model, study.data().get(1), method), "before all trials have ended");
            for (int t = 0; t < 2; t++) {
                RunRequest slot = new RunRequest(
                        model, study.data().get(d), method, method.trials().get(t), RunRequest.Role.TUNING, 7);
                int at = 2 * d + t;
                results.add(
                        results.cell(slot),
                        new RunLine(
                                        "k",
                                        "m",
                                        "d",
                                        "l",
                                        7,
                                        RunLine.Status.FINISHED,
                                        null,
                                        null,
                                        null,
                                        null,
                                        null,
                                        null,
                                        new RunLine.Brief(
                                                10, Double.parseDouble(accuracy[at]), 0, Double.parseDouble(loss[at])),
                                        null,
                                        1,
                                        0.0,
                                        0.0,
                                        0.0,
                                        1.0,
                                        false)
                                .result(null));
            }
        }
        String[] expected = chosen.split(" ");
        for (int d = 0; d < 2; d++) {
            assertEquals(
                    method.trials().get(Integer.parseInt(expected[d])),
                    results.chosen(model, study.data().get(d), method));
        }
    }

    private static InputException refused(String spec) {
        return assertThrows(InputException.class, () -> StudyJobTest.study(Path.of("/p/leaves"), spec));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"tuning\": {\"seeds\": [2, 7]}, \"methods\": [\"head\"] | tuning.seeds has seed 2 of 'seeds' too: settings must be chosen with seeds that serve nothing else",
                "\"tuning\": {}, \"methods\": [\"head\"] | tuning.seeds is missing: give a list",
                "\"tuning\": {\"seeds\": [null]}, \"methods\": [\"head\"] | tuning.seeds holds null",
                "\"seeds\": [null], \"methods\": [\"head\"] | seeds holds null",
                "\"tuning\": {\"seeds\": 2}, \"methods\": [\"head\"] | tuning.seeds is 2: give a list",
                "\"tuning\": {\"seeds\": [7, 7]}, \"methods\": [\"head\"] | tuning.seeds is [7, 7]: the same seed twice",
                "\"tuning\": {\"seeds\": [7], \"trials\": 0}, \"methods\": [\"head\"] | tuning.trials cannot be used: every method needs at least 1 trial, not 0",
                "\"tuning\": {\"seeds\": [7], \"trials\": 1}, \"methods\": [{\"name\": \"lora\", \"grid\": {\"rank\": [1, 2]}}] | the method 'lora r=8' has 2 trials, and 'tuning' allows each method 1",
                "\"methods\": [{\"name\": \"lora\", \"grid\": {\"rank\": [1, 2]}}] | has a grid of 2 trials, and the study has no 'tuning'",
                "\"tuning\": {\"seeds\": [7]}, \"methods\": [{\"name\": \"head\", \"grid\": {\"train.optimization.rate\": [0.1, 1]}}] | methods[0].grid[1].train.optimization.rate has no effect on the method 'head'",
                "\"tuning\": {\"seeds\": [7]}, \"methods\": [{\"name\": \"lora\", \"grid\": {\"rank\": [1, 1]}}] | methods[0].grid holds the same settings twice, as trials 1 and 2",
                "\"tuning\": {\"seeds\": [7]}, \"methods\": [{\"name\": \"lora\", \"grid\": []}] | methods[0].grid holds no trial",
                "\"tuning\": {\"seeds\": [7]}, \"methods\": [{\"name\": \"lora\", \"grid\": {}}] | methods[0].grid holds no trial",
                "\"tuning\": {\"seeds\": [7]}, \"methods\": [{\"name\": \"lora\", \"grid\": {\"rank\": 3}}] | methods[0].grid.rank is 3: give a list",
                "\"tuning\": {\"seeds\": [7]}, \"methods\": [{\"name\": \"lora\", \"grid\": {\"rang\": [3]}}] | has no field 'rang'",
                "\"tuning\": {\"seeds\": [7]}, \"methods\": [{\"name\": \"lora\", \"grid\": {\"train..rate\": [3]}}] | is no path of a setting",
                "\"tuning\": {\"seeds\": [7]}, \"methods\": [{\"name\": \"lora\", \"grid\": {\"train.rate\": [3]}}] | has no field 'rate'",
                "\"tuning\": {\"seeds\": [7]}, \"methods\": [{\"name\": \"lora\", \"grid\": {\"rank\": [3], \"rank.x\": [1]}}] | goes on below a setting",
                "\"tuning\": {\"seeds\": [7]}, \"methods\": [{\"name\": \"lora\", \"grid\": [{\"name\": \"full\"}]}] | methods[0].grid[0].name is another method's",
                "\"tuning\": {\"seeds\": [7]}, \"methods\": [{\"name\": \"lora\", \"grid\": [{\"label\": \"x\"}]}] | methods[0].grid[0].label has no place there",
                "\"tuning\": {\"seeds\": [7], \"choose\": \"best\"}, \"methods\": [\"head\"] | tuning.choose is",
            })
    void whatCannotBeTunedIsRefused(String spec, String words) {
        InputException e = refused(spec);
        assertTrue(e.getMessage().contains(words), e.getMessage());
    }

    @Test
    void aGridOfOneTrialIsAMethodLikeAnyOther() throws IOException {
        Study study = study(
                "\"seeds\": 1, \"tuning\": {\"seeds\": [7], \"trials\": 4}, \"methods\": [{\"name\": \"lora\", \"grid\": {\"rank\": [3]}}]");
        StudyMethod method = study.methods().get(0);
        assertFalse(method.isTuned());
        assertEquals(3, ((Lora) method.train().method()).rank());
        assertEquals("", method.trials().get(0).words());
        assertEquals(1, new StudyPlan(study).slots().size());
        assertEquals(study, Specs.read(study.json()));
    }

    @Test
    void photosWithoutAValidationPartCannotChoose() throws IOException {
        Path bare = ColourPhotos.write(place.resolve("bare"), 4, 0, 2);
        Study study = Specs.read(
                Json.pretty(study(SPEC).json())
                        .replace(photos.toString(), bare.toString())
                        .replaceAll("\"val_fraction\" : [0-9.]+", "\"val_fraction\" : 0.0"),
                Scale.NONE);
        InputException e = assertThrows(InputException.class, () -> run(study, new ArrayList<>()));
        assertTrue(e.getMessage().contains("no validation part"), e.getMessage());
    }

    /** Settings of nested records, and of one of several kinds. */
    @Test
    void wordsSayWhatDiffers() throws IOException {
        Study study = Specs.read(
                """
                {"models": [{"name": "mobilenet_v2_035", "weights": "scratch", "size": 32}], "data": ["/p/x"], "tuning": {"seeds": [7]},
                 "methods": [{"name": "dra", "grid": [
                   {"scorer": {"name": "gradient"}}, {"scorer": {"name": "cka", "importance": {"alpha": 1, "beta": 0}}},
                   {"scorer": {"name": "random"}, "train": {"optimization": {"rate": 3e-4}}}]}]}
                """,
                Scale.NONE);
        List<String> words =
                study.methods().get(0).trials().stream().map(Trial::words).toList();
        assertEquals("scorer gradient, rate 0.002", words.get(0));
        assertEquals("scorer cka, rate 0.002, alpha 1, beta 0, gamma 0.9, delta 0.1", words.get(1));
        assertEquals("scorer random, rate 0.0003", words.get(2));
        assertEquals(study, Specs.read(study.json()));
    }
}
