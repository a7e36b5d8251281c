package io.meristem.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.meristem.rank.Scorer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Training, and what is done with its run. */
@ExtendWith(TemporaryHome.class)
class TrainedRunTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    static Path folder;

    private static Path photos;
    private static Path corrupt;
    private static Path run;
    private static Shell training;

    @TempDir
    Path place;

    /** One training that all tests here look at: three classes, with one corrupt picture. */
    @BeforeAll
    static void train() throws IOException {
        photos = PhotoFolders.write(folder.resolve("photos"), 12, "blight", "healthy", "rust");
        corrupt = photos.resolve("rust").resolve("7.png");
        byte[] whole = Files.readAllBytes(corrupt);
        Files.write(corrupt, Arrays.copyOf(whole, whole.length / 3));
        run = folder.resolve("run");
        training = train(run);
    }

    /** With DRA, unless another method is named. */
    private static Shell train(Path out, Object... more) {
        List<Object> line = new ArrayList<>(List.of("train", "--data", photos, "--out", out));
        line.addAll(List.of("--model", "mobilenet_v2_035", "--from-scratch", "--size", 32));
        line.addAll(List.of("--epochs", 2, "--batch", 8, "--threads", 1));
        if (!List.of(more).contains("--method")) {
            line.addAll(
                    List.of("--method", "dra", "--calibration-epochs", 1, "--calibration-batch", 8, "--rank-max", 4));
        }
        line.addAll(List.of(more));
        return Shell.run(line.toArray());
    }

    @Test
    void trainingTellsItsCourseAndEndsWithTheSummary() throws IOException {
        training.succeeds();
        assertTrue(training.out().contains("Ranks from epoch 1 on"), training.out());
        assertTrue(training.out().contains("epoch  2/2"), training.out());
        assertTrue(training.out().contains(Files.readString(run.resolve("summary.txt"))), training.out());
        assertFalse(training.out().contains("\r") || training.out().contains("\u001b"), "plain output has no bars");
    }

    @Test
    void aCorruptImageIsSkippedCountedAndNamed() throws IOException {
        String summary = Files.readString(run.resolve("summary.txt"));
        assertTrue(summary.contains("skipped    1 unreadable photo"), summary);
        assertTrue(summary.contains("rust/7.png"), summary);
        JsonNode provenance = JSON.readTree(run.resolve("provenance.json").toFile());
        assertEquals(1, provenance.get("unreadable").size());
        int counted = 0;
        for (JsonNode side : provenance.at("/photos/rust")) {
            counted += side.asInt();
        }
        assertEquals(11, counted);
    }

    @Test
    void aPlaceThatHoldsARunIsRefused() throws IOException {
        byte[] before = Files.readAllBytes(run.resolve("metrics.jsonl"));
        train(run).refuses("already holds a run");
        assertArrayEquals(before, Files.readAllBytes(run.resolve("metrics.jsonl")));
    }

    @Test
    void trainingPrintsNothingButJsonWhenAsked() throws IOException {
        Shell shell = train(place.resolve("json"), "--json", "--method", "head").succeeds();
        JsonNode json = JSON.readTree(shell.out());
        assertEquals("head", json.get("method").asText());
        assertEquals(JSON.readTree(place.resolve("json/result.json").toFile()), json);
        assertEquals(1, count(shell.out()));
    }

    /** How many JSON values a text holds. */
    private static int count(String text) throws IOException {
        try (var values = JSON.readerFor(JsonNode.class).readValues(text)) {
            return values.readAll().size();
        }
    }

    @Test
    void twoTrainingsOfOneSeedAreTheSame() throws IOException {
        train(place.resolve("again")).succeeds();
        for (String file : List.of("metrics.jsonl", "ranks.jsonl", "best.safetensors", "adapter.safetensors")) {
            assertArrayEquals(
                    Files.readAllBytes(run.resolve(file)),
                    Files.readAllBytes(place.resolve("again").resolve(file)),
                    file);
        }
    }

    @Test
    void evaluationRepeatsTheResult() throws IOException {
        JsonNode result = JSON.readTree(run.resolve("result.json").toFile());
        Shell shell = Shell.run("evaluate", run, "--json").succeeds();
        JsonNode json = JSON.readTree(shell.out());
        assertEquals(1, count(shell.out()));
        assertEquals(result.get("test"), json.get("scores"));
        Shell plain = Shell.run("evaluate", run, "--split", "val").succeeds();
        assertTrue(plain.out().contains("accuracy") && plain.out().contains("blight"), plain.out());
        assertTrue(plain.out().contains("left out rust/7.png"), plain.out());
    }

    @Test
    void perturbedPhotosAreJudgedToo() throws IOException {
        JsonNode plain =
                JSON.readTree(Shell.run("evaluate", run, "--json").succeeds().out());
        List<String> before = names(run);
        assertFalse(plain.has("robustness"), plain.toString());
        Shell asJson = Shell.run("evaluate", run, "--perturb", "all,noise:0", "--perturb-seed", 5, "--json")
                .succeeds();
        assertEquals(1, count(asJson.out()));
        JsonNode json = JSON.readTree(asJson.out());
        assertEquals(plain.get("scores"), json.get("scores"));
        assertEquals(5, json.at("/robustness/seed").asInt());
        JsonNode results = json.at("/robustness/results");
        assertEquals(5, results.size());
        assertEquals("rotation", results.get(3).get("kind").asText());
        assertEquals(3, results.get(3).get("level").asInt());
        assertEquals(plain.get("scores"), results.get(4).get("scores"));

        Shell table = Shell.run("evaluate", run, "--perturb", "jitter:4-5").succeeds();
        List<String> last = table.out()
                .lines()
                .dropWhile(line -> !line.startsWith("perturbation"))
                .toList();
        assertTrue(
                last.get(0).matches("perturbation +level +setting +accuracy +95 % interval +change +macro F1"),
                table.out());
        assertTrue(last.get(1).matches("none +[\\d.]+ % +[\\d.]+ to [\\d.]+ % +[\\d.]+"), table.out());
        assertTrue(
                last.get(3).matches("jitter +5 +0.8, hue 0.08 +[\\d.]+ % +[\\d.]+ to [\\d.]+ % +[+-][\\d.]+ +[\\d.]+"),
                table.out());
        assertEquals(before, names(run), "nothing is written");
    }

    private static List<String> names(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return files.map(f -> f.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void perturbationsThatAreNone() {
        Shell.run("evaluate", run, "--perturb", "blur").refuses("'blur'", "noise, crop, jitter, rotation or all");
        Shell.run("evaluate", run, "--perturb", "noise:9").refuses("'noise:9'", "noise:1-5");
        Shell.run("evaluate", run, "--perturb", "crop,noise:5-1").refuses("'noise:5-1'");
        Shell.run("evaluate", run, "--perturb", "").refuses("no perturbation ''");
        Shell.run("evaluate", run, "--perturb-seed", 1).refuses("--perturb-seed", "--perturb too");
        Shell.run("evaluate", run, "--perturb", "all", "--perturb-seed", "x").refuses("--perturb-seed", "x");
    }

    @Test
    void evaluationWritesItsAnswersPhotoByPhoto() throws IOException {
        Path file = place.resolve("answers.csv");
        Shell.run("evaluate", run, "--predictions", file).succeeds();
        List<String> lines = Files.readAllLines(file);
        assertEquals("side,path,true,predicted,p(blight),p(healthy),p(rust)", lines.get(0));
        List<String> test = Files.readAllLines(run.resolve("predictions.csv")).stream()
                .filter(line -> line.startsWith("test,"))
                .toList();
        assertEquals(test, lines.subList(1, lines.size()));
        Path other = PhotoFolders.write(place.resolve("other"), 2, "blight", "healthy", "rust");
        Shell.run("evaluate", run, "--data", other, "--predictions", file).succeeds();
        assertTrue(Files.readAllLines(file).get(1).startsWith("all,blight/0.png,blight,"));
        Shell.run("evaluate", run, "--predictions", place.resolve("answers.txt"))
                .refuses("answers.txt", ".csv");
        Shell.run("evaluate", run, "--predictions", place).refuses(".csv");
    }

    @Test
    void aReportIsWrittenBesideTheRunOrElsewhere() throws IOException {
        Shell shell = Shell.run("report", run).succeeds();
        assertTrue(shell.out().contains("The report is in " + run.resolve("report.html")), shell.out());
        String page = Files.readString(run.resolve("report.html"));
        double accuracy = JSON.readTree(run.resolve("result.json").toFile())
                .at("/test/accuracy")
                .asDouble();
        assertTrue(page.contains(String.format(java.util.Locale.ROOT, "%.1f %%", 100 * accuracy)));
        assertTrue(page.contains("rust/7.png") && page.contains("uPlot") && page.contains("rankmap"));
        Path out = place.resolve("new/page.html");
        Shell.run("report", run, "--out", out, "--data", photos).succeeds();
        assertTrue(Files.size(out) > 50_000);
        // Nothing but the word on a photo's whereabouts may differ, and the photos are where they were.
        assertEquals(page, Files.readString(out));
    }

    @Test
    void evaluationOfAnotherFolderJudgesAllOfIt() throws IOException {
        Path other = PhotoFolders.write(place.resolve("other"), 2, "blight", "healthy", "rust");
        JsonNode json = JSON.readTree(
                Shell.run("evaluate", run, "--data", other, "--json").succeeds().out());
        assertEquals(6, json.at("/scores/photos").asInt());
    }

    @Test
    void evaluationNeedsTheClassesOfTheRun() {
        Path fewer = PhotoFolders.write(place.resolve("fewer"), 3, "blight", "rust");
        String judged = Shell.run("evaluate", run, "--data", fewer).succeeds().out();
        assertTrue(judged.contains("No photo of healthy is among these: it has no recall"), judged);
        assertFalse(judged.contains("NaN"), judged);
        Path more = PhotoFolders.write(place.resolve("more"), 3, "blight", "healthy", "mildew", "rust");
        Shell.run("evaluate", run, "--data", more).refuses("mildew", "blight, healthy, rust");
        Shell.run("evaluate", run, "--data", place.resolve("none")).refuses("no folder");
    }

    @Test
    void predictionsOfPhotosAndFolders() throws IOException {
        Path photo = photos.resolve("blight/0.png");
        Shell one = Shell.run("predict", run, photo, "--top", 2).succeeds();
        assertTrue(one.out().startsWith(photo + "  "), one.out());
        assertEquals(2, one.out().split(" %", -1).length - 1, one.out());
        Shell some = Shell.run("predict", run, photos.resolve("blight"), photos.resolve("healthy/1.png"), "--json")
                .succeeds();
        List<String> lines = some.out().lines().toList();
        assertEquals(13, lines.size());
        for (String line : lines) {
            JsonNode answer = JSON.readTree(line);
            assertTrue(Files.exists(Path.of(answer.get("photo").asText())), line);
            double sum = 0;
            for (JsonNode guess : answer.get("guesses")) {
                sum += guess.get("probability").asDouble();
            }
            assertEquals(1, sum, 1e-5);
        }
    }

    @Test
    void predictionsOfAPatternOrAListAsATable() throws IOException {
        String pattern = photos + "/b*/?.png";
        Shell table = Shell.run("predict", run, pattern, "--top", 1).succeeds();
        assertEquals(10, table.out().lines().count(), table.out());
        assertTrue(
                table.out().lines().allMatch(line -> line.matches(".*/blight/\\d\\.png  \\S+ +[\\d.]+ %")),
                table.out());
        Shell.run("predict", run, photos + "/x*.png").refuses("No photo matches", "x*.png");
        Shell.run("predict", run, photos + "/[x").refuses("cannot be understood");
        InputStream before = System.in;
        try {
            String names = photos.resolve("rust/1.png") + "\n\n" + photos.resolve("gone.png") + "\n";
            System.setIn(new ByteArrayInputStream(names.getBytes(StandardCharsets.UTF_8)));
            Shell listed = Shell.run("predict", run, photos.resolve("rust/0.png"), "-", "--format", "jsonl")
                    .succeeds();
            List<String> lines = listed.out().lines().toList();
            assertEquals(3, lines.size(), listed.out());
            assertTrue(lines.get(0).contains("rust/0.png") && lines.get(1).contains("rust/1.png"), listed.out());
            assertTrue(lines.get(2).contains("no such file"), listed.out());
            System.setIn(new ByteArrayInputStream(new byte[0]));
            assertEquals("", Shell.run("predict", run, "-").succeeds().out());
        } finally {
            System.setIn(before);
        }
    }

    @Test
    void predictionsAsCsv() throws IOException {
        Path text = place.resolve("a, \"b\".jpg");
        Files.writeString(text, "no photo");
        Shell csv = Shell.run("predict", run, photos.resolve("rust/0.png"), text, "--format", "csv", "--top", 2)
                .succeeds();
        List<String> lines = csv.out().lines().toList();
        assertEquals("photo,answer,class_1,probability_1,class_2,probability_2,problem", lines.get(0));
        assertTrue(lines.get(1).matches("/.*/rust/0\\.png,(\\w+),\\1,0\\.\\d+,\\w+,0\\.\\d+,"), lines.get(1));
        assertTrue(lines.get(2).contains("a, \"\"b\"\".jpg\",,,,,,"), lines.get(2));
        Shell.run("predict", run, photos, "--format", "xml").refuses("--format", "xml");
    }

    @Test
    void unsureAnswers() throws IOException {
        Path photo = photos.resolve("rust/0.png");
        Shell unsure = Shell.run("predict", run, photo, "--abstain", 1).succeeds();
        assertTrue(unsure.out().contains("png  unsure"), unsure.out());
        JsonNode json = JSON.readTree(Shell.run("predict", run, photo, "--abstain", 1, "--json")
                .succeeds()
                .out());
        assertTrue(json.get("unsure").asBoolean(), json.toString());
        Shell.run("predict", run, photo, "--abstain", 2).refuses("--abstain");
        Shell.run("predict", run, photo, "--abstain", 0.5, "--abstain-at-accuracy", 0.5)
                .refuses("--abstain-at-accuracy");
        Shell chosen =
                Shell.run("predict", run, photo, "--abstain-at-accuracy", 0.1).succeeds();
        assertTrue(chosen.err().contains("as chosen on the validation photos"), chosen.err());
        Shell judged = Shell.run("evaluate", run, "--abstain", 0.35).succeeds();
        assertTrue(judged.out().contains("Below a probability of 35.0 % unsure:"), judged.out());
        assertTrue(judged.out().contains("least probability"), judged.out());
    }

    @Test
    void severalViews() throws IOException {
        Path photo = photos.resolve("rust/0.png");
        for (String views : List.of("mirror", "flips", "crops", "ten")) {
            Shell some =
                    Shell.run("predict", run, photo, "--json", "--tta", views).succeeds();
            assertEquals(3, JSON.readTree(some.out()).get("guesses").size(), views);
        }
        Shell.run("evaluate", run, "--tta", "flips", "--json").succeeds();
        Shell.run("evaluate", run, "--tta", "flips", "--perturb", "all").refuses("--tta or --perturb");
        Shell.run("predict", run, photo, "--tta", "many").refuses("--tta", "many");
    }

    @Test
    void calibrationAnew() throws IOException {
        Path copy = Files.createDirectory(place.resolve("copy"));
        for (String file : List.of("config.json", "classes.json", "best.safetensors", "predictions.csv")) {
            Files.copy(run.resolve(file), copy.resolve(file));
        }
        Shell before = Shell.run("predict", copy, photos.resolve("rust/0.png")).succeeds();
        assertTrue(before.err().contains("not calibrated"), before.err());
        Shell shell = Shell.run("calibrate", copy).succeeds();
        assertTrue(shell.out().startsWith("Temperature ") && shell.out().contains("Test photos:"), shell.out());
        assertEquals(
                Files.readString(run.resolve("calibration.json")), Files.readString(copy.resolve("calibration.json")));
        assertEquals(
                JSON.readTree(copy.resolve("calibration.json").toFile()),
                JSON.readTree(Shell.run("calibrate", copy, "--json").succeeds().out()));
        Shell.run("calibrate", place.resolve("none")).refuses("no run folder");
    }

    @Test
    void predictionsOfWhatIsNoPhoto() throws IOException {
        Path text = place.resolve("note.jpg");
        Files.writeString(text, "To whom it may concern");
        Shell none = Shell.run("predict", run, text);
        assertEquals(2, none.code());
        assertTrue(none.err().contains("note.jpg"), none.err());
        assertEquals("", none.out());

        Shell some = Shell.run("predict", run, text, photos.resolve("blight/0.png"), corrupt)
                .succeeds();
        assertTrue(some.err().contains("note.jpg") && some.err().contains("7.png"), some.err());
        assertTrue(some.err().contains("2 of 3 photos could not be read"), some.err());
        assertEquals(1, some.out().lines().count());

        Shell json = Shell.run("predict", run, text, "--json");
        assertEquals(2, json.code());
        JsonNode answer = JSON.readTree(json.out());
        assertTrue(answer.get("problem").asText().contains("note.jpg"), json.out());
        assertEquals(0, answer.get("guesses").size());
    }

    @Test
    void predictionsThatCannotBegin() throws IOException {
        Shell.run("predict", run, place.resolve("nothing.jpg")).refuses("There is no photo", "nothing.jpg");
        Path empty = Files.createDirectory(place.resolve("empty"));
        Shell.run("predict", run, empty).refuses("no photos in", "empty");
        Shell.run("predict", run, photos, "--top", 0).refuses("--top");
        Shell.run("predict", place.resolve("norun"), photos).refuses("There is no run folder");
    }

    @Test
    void aTornStateIsNamed() throws IOException {
        Path torn = Files.createDirectory(place.resolve("torn"));
        for (String file : List.of("config.json", "classes.json", "best.safetensors")) {
            byte[] bytes = Files.readAllBytes(run.resolve(file));
            Files.write(torn.resolve(file), file.startsWith("best") ? Arrays.copyOf(bytes, bytes.length / 2) : bytes);
        }
        Shell.run("evaluate", torn).refuses("best.safetensors");
        Shell.run("predict", torn, photos.resolve("blight/0.png")).refuses("best.safetensors");
    }

    @Test
    void ranksAreShownWithoutTraining() throws IOException {
        Object[] line = {
            "ranks",
            "--data",
            photos,
            "--model",
            "mobilenet_v2_035",
            "--from-scratch",
            "--size",
            32,
            "--calibration-batch",
            8,
            "--rank-max",
            4,
            "--threads",
            1
        };
        Shell plain = Shell.run(line).succeeds();
        assertTrue(plain.out().contains("features.0.0") && plain.out().contains("gradient"), plain.out());
        Object[] asJson = Arrays.copyOf(line, line.length + 1);
        asJson[line.length] = "--json";
        Shell shell = Shell.run(asJson).succeeds();
        assertEquals(1, count(shell.out()));
        JsonNode json = JSON.readTree(shell.out());
        assertEquals(52, json.get("layers").size());
        JsonNode trained =
                JSON.readTree(Files.readAllLines(run.resolve("ranks.jsonl")).get(0));
        assertEquals(trained.get("layers"), json.get("layers"));
    }

    static List<Scorer> scorers() {
        return Scorer.all().stream().filter(scorer -> !scorer.needsTraining()).toList();
    }

    @ParameterizedTest
    @MethodSource("scorers")
    void everyScorerShowsItsRanks(Scorer scorer) throws IOException {
        List<Object> line = new ArrayList<>(List.of("ranks", "--data", photos, "--model", "mobilenet_v2_035"));
        line.addAll(List.of("--from-scratch", "--size", 32, "--calibration-batch", 8, "--threads", 1));
        line.addAll(List.of("--scorer", scorer.label(), "--budget", 0.1, "--rank-min", 0));
        line.addAll(List.of("--head-start", "ridge"));
        Shell plain = Shell.run(line.toArray()).succeeds();
        assertTrue(plain.out().contains("by the scorer " + scorer.label()), plain.out());
        assertTrue(plain.out().contains("ridge regression on"), plain.out());
        line.add("--json");
        JsonNode json = JSON.readTree(Shell.run(line.toArray()).succeeds().out());
        assertEquals(scorer.label(), json.get("scorer").asText());
        double mib = json.get("adapter_mib").asDouble();
        assertTrue(mib <= 0.1 && mib > 0.093, "size " + mib);
        for (JsonNode layer : json.get("layers")) {
            double importance = layer.get("importance").asDouble();
            assertTrue(importance >= 0 && importance <= 1, layer.toString());
        }
    }

    /** With what trains of the normalisation the size is that of both, as in a run; directions and the sentence are in the file too. */
    @Test
    void ranksCountTheNormalisationAndShowDirections() throws IOException {
        List<Object> line = new ArrayList<>(List.of("ranks", "--data", photos, "--model", "mobilenet_v2_035"));
        line.addAll(List.of("--from-scratch", "--size", 32, "--calibration-batch", 8, "--threads", 1, "--json"));
        line.addAll(List.of("--rank-min", 0, "--scorer", "spectrum", "--cost-power", 0, "--train-norm", "bias"));
        JsonNode json = JSON.readTree(Shell.run(line.toArray()).succeeds().out());
        long factors = json.get("factor_numbers").asLong();
        long norm = json.get("norm_numbers").asLong();
        assertTrue(factors > 0 && norm > 0, json.toString());
        assertEquals(factors + norm, json.get("adapter_numbers").asLong());
        assertEquals("bias", json.get("train_norm").asText());
        assertTrue(json.get("seen").asText().startsWith("90 % of the gain lies in "), json.toString());
        JsonNode gains = json.get("layers").get(0).get("gains");
        assertEquals(16, gains.size());
        assertTrue(gains.get(0).asDouble() >= gains.get(1).asDouble(), gains.toString());
    }

    /** The budget is kept by the method that had none before. */
    @Test
    void loraTakesABudget() throws IOException {
        Path out = place.resolve("within");
        Shell shell = train(out, "--method", "lora", "--budget", "0.1").succeeds();
        assertTrue(shell.out().contains("The greatest rank within 0.1000 MiB is 2 on each of 52 layers"), shell.out());
        JsonNode result = JSON.readTree(out.resolve("result.json").toFile());
        assertEquals("lora r=2", result.get("method").asText());
        double mib = result.get("sizes").get(0).get("size").asDouble();
        assertTrue(mib <= 0.1 && mib > 0.06, "size " + mib);
    }

    @Test
    void ranksMayStayAsTheyAre() throws IOException {
        Path out = place.resolve("fixed");
        Shell shell = train(out, "--scorer", "uniform", "--budget", 0.05, "--rank-min", 0, "--no-updates")
                .succeeds();
        assertFalse(shell.out().contains("Ranks stay as they are allocated first"), "nothing kept them from moving");
        assertEquals(1, Files.readAllLines(out.resolve("ranks.jsonl")).size());
        JsonNode result = JSON.readTree(out.resolve("result.json").toFile());
        assertEquals("dra uniform fixed", result.get("method").asText());
        Shell much = train(place.resolve("much"), "--scorer", "uniform", "--budget", 5, "--rank-min", 0)
                .succeeds();
        assertTrue(much.out().contains("5.000 MiB is not used up"), much.out());
    }
}
