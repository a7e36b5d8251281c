package io.meristem.job;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.meristem.InputException;
import io.meristem.adapter.AdapterOptions;
import io.meristem.adapter.LayerSize;
import io.meristem.artifact.PhotoAnswer;
import io.meristem.artifact.PredictionTable;
import io.meristem.artifact.RunConfig;
import io.meristem.artifact.RunFolder;
import io.meristem.artifact.RunResult;
import io.meristem.data.folder.SplitOptions;
import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import io.meristem.eval.Scores;
import io.meristem.execute.Network;
import io.meristem.rank.ActivationScorer;
import io.meristem.rank.AlignmentScorer;
import io.meristem.rank.GradientScorer;
import io.meristem.rank.Importance;
import io.meristem.rank.NormalisedCkaScorer;
import io.meristem.rank.RandomScorer;
import io.meristem.rank.RankOptions;
import io.meristem.rank.Scorer;
import io.meristem.rank.SizeHistory;
import io.meristem.rank.SpectrumScorer;
import io.meristem.rank.StableRankScorer;
import io.meristem.rank.UpdateScorer;
import io.meristem.testing.ColourPhotos;
import io.meristem.testing.TinyRuns;
import io.meristem.tune.AdaLora;
import io.meristem.tune.Compute;
import io.meristem.tune.Dra;
import io.meristem.tune.FullTuning;
import io.meristem.tune.HeadOnly;
import io.meristem.tune.HeadPolicy;
import io.meristem.tune.HeadStart;
import io.meristem.tune.Method;
import io.meristem.tune.NormPolicy;
import io.meristem.tune.Optimization;
import io.meristem.tune.TrainConfig;
import io.meristem.tune.Updates;
import io.meristem.weights.TensorFile;
import io.meristem.zoo.Models;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whole trainings of a second, from a photo folder and a weights file to a run folder. */
class TrainJobTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String HEAD = "classifier.1";

    @TempDir
    static Path folder;

    private static Path photos;
    private static Path weights;

    @TempDir
    Path place;

    @BeforeAll
    static void prepare() throws IOException {
        Engine.start(1);
        photos = ColourPhotos.write(folder.resolve("photos"), 6, 2, 2);
        weights = TinyRuns.pretrained(folder);
    }

    private static RunConfig config(Method method, long seed) {
        return TinyRuns.run(TinyRuns.train(method, 3, seed), photos, weights);
    }

    private RunResult train(RunConfig config, String name) {
        return TrainJob.run(config, place.resolve(name), folder.resolve("cache"), JobListener.NONE);
    }

    private byte[] bytes(String run, String file) throws IOException {
        return Files.readAllBytes(place.resolve(run).resolve(file));
    }

    private List<JsonNode> lines(String run, String file) throws IOException {
        List<JsonNode> lines = new ArrayList<>();
        for (String line : Files.readAllLines(place.resolve(run).resolve(file))) {
            lines.add(JSON.readTree(line));
        }
        return lines;
    }

    private static Map<String, float[]> tensors(Path file) {
        Map<String, float[]> values = new LinkedHashMap<>();
        try (TensorFile open = TensorFile.open(file);
                PointerScope scope = new PointerScope()) {
            open.tensors().keySet().forEach(name -> values.put(name, Tensors.toFloats(open.read(name))));
        }
        return values;
    }

    static List<Method> methods() {
        return List.of(
                TinyRuns.dra(RankOptions.DEFAULT),
                TinyRuns.lora(),
                TinyRuns.adaLora(4, 2, 0),
                TinyRuns.dyLora(false),
                new FullTuning(),
                new HeadOnly(),
                dra(new NormalisedCkaScorer(Importance.DEFAULT), true),
                dra(new GradientScorer(), true),
                dra(SpectrumScorer.DEFAULT, true),
                dra(AlignmentScorer.DEFAULT, false),
                dra(UpdateScorer.DEFAULT, true),
                Dra.PAPER
                        .withScorer(UpdateScorer.DEFAULT)
                        .withRanks(new RankOptions(0, 8, 0.1, false))
                        .withUpdates(new Updates(Updates.Kind.CARRY, Updates.When.ONCE, 0.4, 1.5))
                        .withCalibration(1, 2, 8)
                        .with(AdapterOptions.DEFAULT),
                dra(new ActivationScorer(), true),
                dra(new StableRankScorer(), true),
                dra(new RandomScorer(), false));
    }

    private static Dra dra(Scorer scorer, boolean updates) {
        return Dra.PAPER
                .withScorer(scorer)
                .withRanks(new RankOptions(0, 8, 0.1, false))
                .withUpdates(updates ? Updates.MERGING : Updates.NONE)
                .withCalibration(1, 2, 8)
                .with(AdapterOptions.DEFAULT);
    }

    @ParameterizedTest
    @MethodSource("methods")
    void aRunLeavesAWholeFolderAndNoTensors(Method method) throws IOException {
        long kept = Tensors.kept();
        RunConfig config = config(method, 1);
        RunResult result = train(config, "run");
        assertEquals(kept, Tensors.kept());

        RunFolder run = RunFolder.open(place.resolve("run"));
        assertEquals(config, run.config());
        assertEquals(ColourPhotos.CLASSES, run.classes());
        List<JsonNode> metrics = lines("run", RunFolder.METRICS);
        assertEquals(3, metrics.size());
        for (int i = 0; i < 3; i++) {
            JsonNode line = metrics.get(i);
            assertEquals(i + 1, line.get("epoch").asInt());
            assertTrue(line.get("train_loss").asDouble() > 0);
            assertTrue(line.get("val_accuracy").isNumber());
            assertTrue(line.get("reallocated").isBoolean());
        }
        assertEquals(3, lines("run", RunFolder.TIMINGS).size());
        assertTrue(metrics.get(result.bestEpoch() - 1).get("best").asBoolean());
        assertEquals(
                result.val().accuracy(),
                metrics.get(result.bestEpoch() - 1).get("val_accuracy").asDouble(),
                1e-9);
        checkNumbers(method, metrics, result);
        checkResult(result);

        Map<String, float[]> best = tensors(run.file(RunFolder.BEST));
        assertEquals(best.keySet(), tensors(run.file(RunFolder.LAST)).keySet());
        boolean lowRank = !(method instanceof FullTuning || method instanceof HeadOnly);
        assertEquals(lowRank, Files.exists(run.file(RunFolder.ADAPTER)));
        assertEquals(method instanceof Dra || method instanceof AdaLora, Files.exists(run.file(RunFolder.RANKS)));
        if (lowRank) {
            checkAdapter(run.path(), 1e-5f);
        }
        if (method instanceof HeadOnly) {
            Map<String, float[]> start = tensors(weights);
            start.keySet().removeIf(name -> name.startsWith(HEAD));
            start.forEach((name, values) -> assertArrayEquals(values, best.get(name), name));
        }

        EvaluateJob.Outcome outcome =
                EvaluateJob.run(run.path(), null, null, 1, folder.resolve("cache"), JobListener.NONE);
        assertSame(result.test(), outcome.scores());
        checkAnswers(run, result);
        EvaluateJob.Outcome val =
                EvaluateJob.run(run.path(), photos, EvaluateJob.Part.VAL, 1, folder.resolve("cache"), JobListener.NONE);
        assertSame(result.val(), val.scores());
        assertEquals(kept, Tensors.kept());
    }

    /** The answers photo by photo are those that were scored, and evaluation gives them again. */
    private void checkAnswers(RunFolder run, RunResult result) {
        List<PhotoAnswer> answers = PredictionTable.read(run.file(RunFolder.PREDICTIONS), ColourPhotos.CLASSES);
        assertEquals(12, answers.size());
        for (PhotoAnswer answer : answers) {
            assertTrue(Files.exists(photos.resolve(answer.path())), answer.path());
            assertTrue(
                    answer.path().startsWith(answer.side() + "/" + ColourPhotos.CLASSES.get(answer.label()) + "/"),
                    answer.path());
        }
        int[][] confusion = new int[3][3];
        answers.stream().filter(a -> a.side().equals("test")).forEach(a -> confusion[a.label()][a.predicted()]++);
        assertArrayEquals(result.test().confusion(), confusion);

        Path again = place.resolve("again.csv");
        EvaluateJob.run(
                EvaluateJob.Request.of(run.path()).withPredictions(again),
                1,
                folder.resolve("cache"),
                JobListener.NONE);
        List<PhotoAnswer> test = PredictionTable.read(again, ColourPhotos.CLASSES);
        assertEquals(
                answers.stream()
                        .filter(a -> a.side().equals("test"))
                        .map(PhotoAnswer::path)
                        .toList(),
                test.stream().map(PhotoAnswer::path).toList());
        for (int i = 0; i < test.size(); i++) {
            assertArrayEquals(answers.get(6 + i).probabilities(), test.get(i).probabilities());
        }
    }

    private static void assertSame(Scores a, Scores b) {
        assertEquals(a.accuracy(), b.accuracy());
        assertEquals(a.logLoss(), b.logLoss());
        assertEquals(a.classes(), b.classes());
        assertArrayEquals(a.confusion(), b.confusion());
    }

    private static void checkNumbers(Method method, List<JsonNode> metrics, RunResult result) {
        try (Network network = new Network(Models.find(TinyRuns.MODEL), 3)) {
            long all = network.parameterCount();
            assertEquals(LayerSize.mib(all), result.modelMib());
            long head = network.head().weight().numel() + 3;
            assertEquals(LayerSize.mib(head), result.headMib());
            if (method instanceof FullTuning) {
                assertEquals(all - head, metrics.get(0).get("adapter_numbers").asLong());
            }
        }
        assertEquals(SizeHistory.average(result.sizes(), 3), result.averageMib());
    }

    private void checkResult(RunResult result) throws IOException {
        JsonNode json = JSON.readTree(bytes("run", RunFolder.RESULT));
        assertEquals(result.test().accuracy(), json.at("/test/accuracy").asDouble());
        assertEquals(6, json.at("/test/photos").asInt());
        JsonNode provenance = JSON.readTree(bytes("run", RunFolder.PROVENANCE));
        assertEquals(64, provenance.get("weights_sha256").asText().length());
        assertEquals(64, provenance.get("data_fingerprint").asText().length());
        assertEquals(6, provenance.at("/photos/red/TRAIN").asInt());
        List<String> confusion = Files.readAllLines(place.resolve("run").resolve(RunFolder.CONFUSION));
        assertEquals("true \\ predicted,blue,green,red", confusion.get(0));
        assertEquals(4, confusion.size());
        String summary = new String(bytes("run", RunFolder.SUMMARY), java.nio.charset.StandardCharsets.UTF_8);
        assertTrue(summary.contains("test (looked at once") && summary.contains("green"), summary);
    }

    /** Pretrained weights plus the adapter file are the best state. */
    private static void checkAdapter(Path run, float tolerance) {
        Map<String, float[]> best = tensors(run.resolve(RunFolder.BEST));
        Map<String, float[]> rebuilt = tensors(weights);
        Set<String> frozen = new TreeSet<>(rebuilt.keySet());
        try (TensorFile adapter = TensorFile.open(run.resolve(RunFolder.ADAPTER));
                PointerScope scope = new PointerScope()) {
            adapter.tensors().keySet().stream()
                    .filter(name -> !name.contains(".lora_"))
                    .forEach(name -> rebuilt.put(name, Tensors.toFloats(adapter.read(name))));
            adapter.tensors().keySet().stream()
                    .filter(name -> name.endsWith(".lora_A"))
                    .map(name -> name.substring(0, name.length() - ".lora_A".length()))
                    .forEach(layer -> {
                        Tensor change = adapter.read(layer + ".lora_B").matmul(adapter.read(layer + ".lora_A"));
                        float[] delta = Tensors.toFloats(change);
                        float[] weight = rebuilt.get(layer + ".weight");
                        for (int i = 0; i < delta.length; i++) {
                            weight[i] += delta[i];
                        }
                    });
        }
        try (TensorFile adapter = TensorFile.open(run.resolve(RunFolder.ADAPTER))) {
            adapter.tensors().keySet().forEach(name -> frozen.remove(name.replaceFirst("lora_[AB]$", "weight")));
        }
        // Scales and shifts of normalisation have no adapter: they are the pretrained ones to the bit.
        assertTrue(frozen.size() > 90, frozen.toString());
        frozen.forEach(name -> assertArrayEquals(rebuilt.get(name), best.get(name), name));
        assertEquals(best.keySet(), rebuilt.keySet());
        best.forEach((name, values) -> assertArrayEquals(values, rebuilt.get(name), tolerance, name));
    }

    @ParameterizedTest
    @MethodSource("methods")
    void oneSeedGivesOneRun(Method method) throws IOException {
        train(config(method, 5), "a");
        train(config(method, 5), "b");
        train(config(method, 6), "c");
        List<String> files =
                new ArrayList<>(List.of(RunFolder.METRICS, RunFolder.BEST, RunFolder.LAST, RunFolder.PREDICTIONS));
        if (Files.exists(place.resolve("a").resolve(RunFolder.RANKS))) {
            files.add(RunFolder.RANKS);
        }
        for (String file : files) {
            assertArrayEquals(bytes("a", file), bytes("b", file), file);
            assertFalse(java.util.Arrays.equals(bytes("a", file), bytes("c", file)), file + " of another seed");
        }
    }

    @ParameterizedTest
    @org.junit.jupiter.params.provider.EnumSource(HeadPolicy.class)
    void draMergesAndItsAdapterStaysExact(HeadPolicy head) throws IOException {
        TrainConfig train = TrainConfig.builder(TinyRuns.dra(RankOptions.DEFAULT), 5, 8, 2, TinyRuns.FALLING)
                .head(head)
                .norm(NormPolicy.RECALIBRATED)
                .build();
        // Without validation photos the last epoch is the best, so that several generations are in the saved adapter.
        RunConfig all = TinyRuns.run(train, ColourPhotos.write(place.resolve("photos"), 6, 0, 0), weights);
        RunConfig.Data undivided = new RunConfig.Data(
                all.data().folder(),
                SplitOptions.defaults().withFractions(0, 0),
                all.data().augmentation());
        RunResult result = train(new RunConfig(all.model(), undivided, train, 1), "dra");
        assertEquals(5, result.bestEpoch());
        assertNull(result.val());
        assertNull(result.test());
        List<JsonNode> metrics = lines("dra", RunFolder.METRICS);
        List<Integer> starts = new ArrayList<>(List.of(1));
        metrics.forEach(line -> {
            if (line.get("reallocated").asBoolean()) {
                starts.add(line.get("epoch").asInt() + 1);
            }
        });
        assertTrue(starts.size() >= 2, "no merge: " + starts);
        assertEquals(
                starts,
                lines("dra", RunFolder.RANKS).stream()
                        .map(line -> line.get("first_epoch").asInt())
                        .toList());
        JsonNode layers = lines("dra", RunFolder.RANKS).get(0).get("layers");
        assertEquals(head == HeadPolicy.ADAPTED ? 53 : 52, layers.size());
        long numbers = 0;
        for (JsonNode layer : layers) {
            int rank = layer.get("rank").asInt();
            assertTrue(rank >= 1 && rank <= 16, layer.toString());
            numbers += layer.get("numbers").asLong();
        }
        assertEquals(numbers, metrics.get(0).get("adapter_numbers").asLong());
        assertEquals(1, result.sizes().get(0).firstEpoch());
        assertEquals(LayerSize.mib(numbers), result.sizes().get(0).size());
        checkAdapter(place.resolve("dra"), 1e-5f);
        assertArrayEquals(bytes("dra", RunFolder.CONFUSION), new byte[0]);
        InputException e = assertThrows(
                InputException.class,
                () -> EvaluateJob.run(place.resolve("dra"), null, null, 1, folder.resolve("cache"), JobListener.NONE));
        assertTrue(e.getMessage().contains("no test photos"), e.getMessage());
    }

    @Test
    void aBudgetHolds() throws IOException {
        double budget = 0.1;
        RunResult result = train(config(TinyRuns.dra(new RankOptions(0, 16, budget, true)), 1), "run");
        for (SizeHistory.Span span : result.sizes()) {
            assertTrue(span.size() <= budget && span.size() > 0.8 * budget, span.toString());
        }
        for (JsonNode line : lines("run", RunFolder.METRICS)) {
            assertTrue(line.get("adapter_mib").asDouble() <= budget);
        }
    }

    /** Its adapters' change falls, so that ranks are allocated more than once. */
    private static TrainConfig merging(Method method) {
        return TrainConfig.builder(method, 5, 8, 2, TinyRuns.FALLING)
                .norm(NormPolicy.RECALIBRATED)
                .build();
    }

    @Test
    void ranksStayWhenUpdatesAreOff() throws IOException {
        for (boolean updates : new boolean[] {true, false}) {
            String name = "updates-" + updates;
            Method method = dra(new RandomScorer(), updates);
            train(TinyRuns.run(merging(method), photos, weights), name);
            List<JsonNode> ranks = lines(name, RunFolder.RANKS);
            assertEquals(updates, ranks.size() > 1, name);
            assertEquals("random", ranks.get(0).get("scorer").asText());
            List<JsonNode> metrics = lines(name, RunFolder.METRICS);
            assertEquals(updates, metrics.stream().anyMatch(line -> line.get("reallocated")
                    .asBoolean()));
            assertEquals(updates, metrics.stream().anyMatch(line -> line.get("threshold")
                    .isNumber()));
            metrics.forEach(line -> assertTrue(line.get("change").asDouble() > 0, line.toString()));
            if (updates) {
                assertNotEquals(ranks.get(0).get("layers"), ranks.get(1).get("layers"), "a second draw");
            }
        }
    }

    @Test
    void theFirstRangesAreRemembered() throws IOException {
        Method method = dra(new NormalisedCkaScorer(Importance.DEFAULT), true);
        train(TinyRuns.run(merging(method), photos, weights), "run");
        List<JsonNode> ranks = lines("run", RunFolder.RANKS);
        assertTrue(ranks.size() > 1);
        JsonNode first = ranks.get(0);
        ranks.forEach(line -> assertEquals(first.get("ranges"), line.get("ranges")));
        double least = 1;
        double greatest = 0;
        for (JsonNode layer : first.get("layers")) {
            least = Math.min(least, layer.get("cka_raw").asDouble());
            greatest = Math.max(greatest, layer.get("cka_raw").asDouble());
        }
        assertEquals(least, first.at("/ranges/cka_raw/least").asDouble());
        assertEquals(greatest, first.at("/ranges/cka_raw/greatest").asDouble());
        assertNotEquals(first.get("layers"), ranks.get(1).get("layers"));
    }

    /** Colours are told apart by the features of a random network already, and a head that starts from them says so. */
    @ParameterizedTest
    @MethodSource("methods")
    void aRidgeHeadStartsAhead(Method method) throws IOException {
        long kept = Tensors.kept();
        Map<HeadStart, JsonNode> first = new LinkedHashMap<>();
        for (HeadStart start : List.of(HeadStart.RANDOM, HeadStart.RIDGE)) {
            List<String> notes = new ArrayList<>();
            TrainConfig still = TrainConfig.builder(method, 1, 8, 3, Optimization.plain(1e-9))
                    .headStart(start)
                    .build();
            TrainJob.run(
                    TinyRuns.run(still, photos, weights),
                    place.resolve(start.name()),
                    folder.resolve("cache"),
                    new JobListener() {
                        @Override
                        public void onNote(String sentence) {
                            notes.add(sentence);
                        }
                    });
            first.put(start, lines(start.name(), RunFolder.METRICS).get(0));
            boolean said = notes.stream().anyMatch(note -> note.contains("ridge regression on 18 training photos"));
            assertEquals(start == HeadStart.RIDGE, said, notes.toString());
        }
        double random = first.get(HeadStart.RANDOM).get("val_loss").asDouble();
        double ridge = first.get(HeadStart.RIDGE).get("val_loss").asDouble();
        assertTrue(ridge < 0.7 * random, ridge + " is not far below " + random);
        assertEquals(kept, Tensors.kept());
    }

    @Test
    void aTakenPlaceIsLeftAlone() throws IOException {
        Path run = place.resolve("run");
        Files.createDirectories(run);
        Files.writeString(run.resolve(RunFolder.CONFIG), "mine");
        assertThrows(InputException.class, () -> train(config(TinyRuns.lora(), 1), "run"));
        assertEquals("mine", Files.readString(run.resolve(RunFolder.CONFIG)));
        Path other = place.resolve("other");
        Files.createDirectories(other);
        Files.writeString(other.resolve("letter.txt"), "dear");
        assertThrows(InputException.class, () -> train(config(TinyRuns.lora(), 1), "other"));
        Files.writeString(place.resolve("file"), "text");
        assertThrows(InputException.class, () -> train(config(TinyRuns.lora(), 1), "file"));
        assertThrows(InputException.class, () -> train(config(TinyRuns.lora(), 1), "file/below"));
    }

    @Test
    void aTrainingThatCannotStartLeavesNothing() throws IOException {
        TrainConfig nothing = TrainConfig.builder(
                        TinyRuns.dra(new RankOptions(0, 1, 1e-9, false)), 3, 8, 2, TinyRuns.FALLING)
                .head(HeadPolicy.ADAPTED)
                .build();
        long kept = Tensors.kept();
        assertThrows(InputException.class, () -> train(TinyRuns.run(nothing, photos, weights), "none"));
        assertFalse(Files.exists(place.resolve("none")));
        Path empty = Files.createDirectory(place.resolve("empty"));
        assertThrows(InputException.class, () -> train(TinyRuns.run(nothing, photos, weights), "empty"));
        try (var inside = Files.list(empty)) {
            assertEquals(0, inside.count());
        }
        assertEquals(kept, Tensors.kept());
    }

    static List<Method> allocating() {
        return methods().stream()
                .filter(method -> method instanceof Dra dra && !dra.scorer().needsTraining())
                .toList();
    }

    @ParameterizedTest
    @MethodSource("allocating")
    void ranksAreThoseOfTheTrainingThatFollows(Method method) throws IOException {
        TrainConfig train = TrainConfig.builder(method, 1, 8, 4, TinyRuns.FALLING)
                .headStart(HeadStart.RIDGE)
                .build();
        RunConfig config = TinyRuns.run(train, photos, weights);
        var allocation = AllocateJob.run(
                config.model(),
                config.data(),
                (Dra) method,
                HeadPolicy.TRAINED,
                HeadStart.RIDGE,
                4,
                Compute.PLAIN,
                1,
                folder.resolve("cache"),
                JobListener.NONE);
        train(config, "run");
        JsonNode layers = lines("run", RunFolder.RANKS).get(0).get("layers");
        List<Integer> ranks = new ArrayList<>();
        layers.forEach(layer -> ranks.add(layer.get("rank").asInt()));
        assertEquals(ranks, List.copyOf(allocation.ranks().values()));
    }
}
