package io.meristem.job;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.meristem.InputException;
import io.meristem.adapter.AdapterOptions;
import io.meristem.adapter.LayerSize;
import io.meristem.artifact.RunConfig;
import io.meristem.artifact.RunFolder;
import io.meristem.artifact.RunResult;
import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import io.meristem.execute.Network;
import io.meristem.rank.RandomScorer;
import io.meristem.rank.RankOptions;
import io.meristem.testing.ColourPhotos;
import io.meristem.testing.TinyRuns;
import io.meristem.tune.AdaLora;
import io.meristem.tune.Dra;
import io.meristem.tune.FullTuning;
import io.meristem.tune.HeadOnly;
import io.meristem.tune.HeadPolicy;
import io.meristem.tune.Lora;
import io.meristem.tune.MemoryForecast;
import io.meristem.tune.Method;
import io.meristem.tune.NormTraining;
import io.meristem.tune.Optimization;
import io.meristem.tune.Preset;
import io.meristem.tune.TrainConfig;
import io.meristem.weights.TensorFile;
import io.meristem.zoo.Models;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Whole trainings in which more trains than factors and head, and in which weights are averaged. */
class TrainedBesideTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int EPOCHS = 3;

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

    private RunResult train(TrainConfig train, String name) {
        return train(TinyRuns.run(train, photos, weights), name);
    }

    private RunResult train(RunConfig config, String name) {
        return TrainJob.run(config, place.resolve(name), folder.resolve("cache"), JobListener.NONE);
    }

    private List<JsonNode> metrics(String run) throws IOException {
        List<JsonNode> lines = new ArrayList<>();
        for (String line : Files.readAllLines(place.resolve(run).resolve(RunFolder.METRICS))) {
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

    static Stream<Arguments> methods() {
        Dra dra = Dra.PAPER
                .withScorer(new RandomScorer())
                .withRanks(new RankOptions(0, 8, 0.1, false))
                .withCalibration(1, 2, 8)
                .with(AdapterOptions.DEFAULT);
        return Stream.of(
                Arguments.of(TinyRuns.lora(), NormTraining.BIAS),
                Arguments.of(new Lora(0, AdapterOptions.DEFAULT), NormTraining.AFFINE),
                Arguments.of(dra, NormTraining.AFFINE),
                Arguments.of(TinyRuns.adaLora(4, 0, 0.1), NormTraining.BIAS),
                Arguments.of(TinyRuns.dyLora(false), NormTraining.AFFINE));
    }

    @ParameterizedTest
    @MethodSource("methods")
    void whatTrainsBesideIsCountedAndSaved(Method method, NormTraining beside) throws IOException {
        long kept = Tensors.kept();
        TrainConfig config = TrainConfig.builder(method, EPOCHS, 8, 1, TinyRuns.FALLING)
                .norm(io.meristem.tune.NormPolicy.FROZEN)
                .compute(io.meristem.tune.Compute.PLAIN)
                .headStart(io.meristem.tune.HeadStart.RANDOM)
                .onDivergence(io.meristem.tune.OnDivergence.STOP)
                .trainNorm(beside)
                .build();
        RunResult result = train(config, "run");
        assertEquals(kept, Tensors.kept());
        assertEquals(config, RunFolder.open(place.resolve("run")).config().train());
        assertEquals(
                method.label() + (beside == NormTraining.BIAS ? " + norm bias" : " + norm affine"), result.method());
        Map<String, float[]> before = tensors(weights);
        Map<String, float[]> best = tensors(place.resolve("run").resolve(RunFolder.BEST));
        Map<String, float[]> adapter = tensors(place.resolve("run").resolve(RunFolder.ADAPTER));
        long numbers = 0;
        try (Network network = new Network(Models.find(TinyRuns.MODEL), 3)) {
            for (String norm : network.normalisations().keySet()) {
                numbers += trained(beside == NormTraining.AFFINE, norm + ".weight", before, best, adapter);
                numbers += trained(true, norm + ".bias", before, best, adapter);
            }
            assertEquals(beside.numbers(network, HeadPolicy.TRAINED), numbers);
        }
        for (String name : adapter.keySet()) {
            if (name.endsWith(".lora_A")) {
                numbers += adapter.get(name).length + adapter.get(name.replace("lora_A", "lora_B")).length;
            }
        }
        JsonNode last = metrics("run").get(EPOCHS - 1);
        if (method instanceof Lora || result.sizes().size() == 1 && !(method instanceof AdaLora)) {
            assertEquals(numbers, last.get("adapter_numbers").asLong());
        }
        if (!(method instanceof Lora) && result.averageMib() < 0.15) {
            assertTrue(last.get("adapter_mib").asDouble() <= 0.1, "the budget holds for all that trains: " + last);
        }
        assertEquals(
                result.val().accuracy(),
                EvaluateJob.run(
                                place.resolve("run"),
                                photos,
                                EvaluateJob.Part.VAL,
                                1,
                                folder.resolve("cache"),
                                JobListener.NONE)
                        .scores()
                        .accuracy());
    }

    /** Returns how many numbers that are. */
    private static long trained(
            boolean trains,
            String name,
            Map<String, float[]> before,
            Map<String, float[]> best,
            Map<String, float[]> adapter) {
        assertEquals(trains, adapter.containsKey(name), name);
        assertEquals(trains, !Arrays.equals(before.get(name), best.get(name)), name);
        if (trains) {
            assertArrayEquals(best.get(name), adapter.get(name), name);
        }
        return trains ? best.get(name).length : 0;
    }

    @Test
    void theNormalisationHasARateOfItsOwn() throws IOException {
        TrainConfig usual = TinyRuns.train(TinyRuns.lora(), 1, 1).with(NormTraining.BIAS, 0);
        train(usual, "usual");
        train(usual.with(usual.optimization().withNormRate(1e-12)), "still");
        Map<String, float[]> before = tensors(weights);
        assertTrue(moved(before, "usual") > 1e-4);
        assertEquals(0, moved(before, "still"), 1e-9);
    }

    /** By how much a bias of the normalisation has moved at most. */
    private double moved(Map<String, float[]> before, String run) {
        double most = 0;
        Map<String, float[]> adapter = tensors(place.resolve(run).resolve(RunFolder.ADAPTER));
        for (String name : adapter.keySet()) {
            if (name.endsWith(".bias") && before.containsKey(name) && !name.startsWith("classifier")) {
                for (int i = 0; i < before.get(name).length; i++) {
                    most = Math.max(most, Math.abs(adapter.get(name)[i] - before.get(name)[i]));
                }
            }
        }
        return most;
    }

    static Stream<Method> all() {
        return Stream.of(
                TinyRuns.lora(),
                TinyRuns.dra(RankOptions.DEFAULT),
                TinyRuns.adaLora(4, 2, 0),
                TinyRuns.dyLora(false),
                new FullTuning(),
                new HeadOnly());
    }

    /** Averages are what is judged and saved, and training itself takes no notice of them. */
    @ParameterizedTest
    @MethodSource("all")
    void averagesAreJudgedAndTrainingIsTheSame(Method method) throws IOException {
        long kept = Tensors.kept();
        TrainConfig plain = TinyRuns.train(method, 1, 3);
        train(plain, "plain");
        RunResult averaged = train(plain.with(NormTraining.NONE, 0.999), "averaged");
        assertEquals(kept, Tensors.kept());
        assertArrayEquals(bytes("plain", RunFolder.LAST), bytes("averaged", RunFolder.LAST));
        assertFalse(Files.exists(place.resolve("plain").resolve(RunFolder.LAST_AVERAGED)));
        Map<String, float[]> last = tensors(place.resolve("averaged").resolve(RunFolder.LAST));
        Map<String, float[]> mean = tensors(place.resolve("averaged").resolve(RunFolder.LAST_AVERAGED));
        assertTrue(differ(last, mean));
        Map<String, float[]> best = tensors(place.resolve("averaged").resolve(RunFolder.BEST));
        best.forEach((name, values) -> assertArrayEquals(values, mean.get(name), name)); // of the only epoch
        assertEquals(
                averaged.val().accuracy(),
                metrics("averaged").get(0).get("val_accuracy").asDouble(),
                1e-9);
        assertEquals(
                metrics("plain").get(0).get("train_loss"),
                metrics("averaged").get(0).get("train_loss"));
    }

    private byte[] bytes(String run, String file) throws IOException {
        return Files.readAllBytes(place.resolve(run).resolve(file));
    }

    private static boolean differ(Map<String, float[]> one, Map<String, float[]> other) {
        return one.keySet().stream().anyMatch(name -> !Arrays.equals(one.get(name), other.get(name)));
    }

    @Test
    void thePaperHasNoneOfThis() {
        for (Method method : all().toList()) {
            TrainConfig paper = TrainConfig.usual(method, Preset.PAPER, 0);
            assertEquals(NormTraining.NONE, paper.trainNorm());
            assertEquals(0, paper.ema());
            assertEquals(1, paper.optimization().lrRatio());
            assertEquals(method.label(), paper.label());
        }
        assertEquals(new AdapterOptions(0, false, 0), Preset.PAPER.adapter(AdapterOptions.DEFAULT));
        assertEquals(2, Preset.PAPER.adapter(AdapterOptions.DEFAULT).scaling(5));
    }

    @Test
    void whatMakesNoSenseIsRefused() {
        refused("full fine-tuning trains scales", () -> TinyRuns.train(new FullTuning(), 1, 1)
                .with(NormTraining.BIAS, 0));
        refused("the head and nothing else", () -> TinyRuns.train(new HeadOnly(), 1, 1)
                .with(NormTraining.BIAS, 0));
        for (double decay : new double[] {1, -0.1, Double.NaN}) {
            refused("must lie in [0, 1)", () -> TinyRuns.train(TinyRuns.lora(), 1, 1)
                    .with(NormTraining.NONE, decay));
        }
        for (double ratio : new double[] {0, -1, Double.POSITIVE_INFINITY}) {
            refused("must be positive", () -> Optimization.plain(1e-3).withLrRatio(ratio));
        }
        for (double rate : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
            refused("must be positive", () -> Optimization.plain(1e-3).withNormRate(rate));
        }
        refused("leave the learning rate of the normalisation out", () -> {
            TrainConfig none = TinyRuns.train(TinyRuns.lora(), 1, 1);
            none.with(none.optimization().withNormRate(0.1));
        });
        refused("at least 1, not 0", () -> TinyRuns.train(new Lora(0, AdapterOptions.DEFAULT), 1, 1));
        RunConfig config =
                TinyRuns.run(TinyRuns.train(TinyRuns.lora(), 1, 1).with(NormTraining.AFFINE, 0), photos, null);
        RunConfig.Model alexnet = RunConfig.Model.of(Models.find("alexnet")).withSize(64);
        InputException e = assertThrows(
                InputException.class, () -> train(new RunConfig(alexnet, config.data(), config.train(), 1), "none"));
        assertTrue(e.getMessage().contains("no normalisation whose scales could train"), e.getMessage());
        assertFalse(Files.exists(place.resolve("none")));
        Method small = Dra.PAPER
                .withScorer(new RandomScorer())
                .withRanks(new RankOptions(0, 8, 0.01, false))
                .withCalibration(1, 2, 8)
                .with(AdapterOptions.DEFAULT);
        InputException room = assertThrows(
                InputException.class, () -> train(TinyRuns.train(small, 1, 1).with(NormTraining.BIAS, 0), "small"));
        assertTrue(room.getMessage().contains("has no room for ranks"), room.getMessage());
        assertFalse(Files.exists(place.resolve("small")));
    }

    private static void refused(String words, org.junit.jupiter.api.function.Executable action) {
        InputException e = assertThrows(InputException.class, action);
        assertTrue(e.getMessage().contains(words), e.getMessage());
    }

    @Test
    void theForecastCountsIt() {
        try (Network network = new Network(Models.find("mobilenet_v2"), 10)) {
            TrainConfig plain = TinyRuns.train(new Lora(2, AdapterOptions.DEFAULT), 1, 1);
            long beside = NormTraining.AFFINE.numbers(network, HeadPolicy.TRAINED);
            assertEquals(2 * 17_056, beside);
            assertEquals(LayerSize.mib(beside), NormTraining.AFFINE.mib(network, HeadPolicy.TRAINED));
            long none = MemoryForecast.of(network, plain, 96, 1).trained();
            long affine = MemoryForecast.of(network, plain.with(NormTraining.AFFINE, 0), 96, 1)
                    .trained();
            assertEquals(3 * 4 * beside, affine - none);
            assertTrue(MemoryForecast.of(network, plain.with(NormTraining.AFFINE, 0.9), 96, 1)
                            .trained()
                    > affine);
        }
    }
}
