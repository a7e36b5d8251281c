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
import io.meristem.artifact.AdapterFile;
import io.meristem.artifact.RunConfig;
import io.meristem.artifact.RunFolder;
import io.meristem.artifact.RunResult;
import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import io.meristem.execute.Network;
import io.meristem.testing.ColourPhotos;
import io.meristem.testing.TinyRuns;
import io.meristem.tune.AdaLora;
import io.meristem.tune.DyLora;
import io.meristem.tune.HeadPolicy;
import io.meristem.tune.Lora;
import io.meristem.tune.MemoryForecast;
import io.meristem.tune.Method;
import io.meristem.tune.TrainConfig;
import io.meristem.weights.TensorFile;
import io.meristem.zoo.Models;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Trainings with AdaLoRA and DyLoRA from photos to run folder: what is left of the ranks, and what the files hold. */
class BaselinesTest {

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

    private RunResult train(Method method, HeadPolicy head, String name) {
        TrainConfig train = TrainConfig.builder(method, EPOCHS, 8, 1, TinyRuns.FALLING)
                .head(head)
                .build();
        RunConfig config = TinyRuns.run(train, photos, weights);
        return TrainJob.run(config, place.resolve(name), folder.resolve("cache"), JobListener.NONE);
    }

    private List<JsonNode> lines(String run, String file) throws IOException {
        List<JsonNode> lines = new ArrayList<>();
        for (String line : Files.readAllLines(place.resolve(run).resolve(file))) {
            lines.add(JSON.readTree(line));
        }
        return lines;
    }

    /** Ranks in the adapter file, by layer. */
    private Map<String, Integer> saved(String run) {
        Map<String, Integer> ranks = new HashMap<>();
        try (TensorFile file = TensorFile.open(place.resolve(run).resolve(RunFolder.ADAPTER))) {
            file.tensors().forEach((name, info) -> {
                if (name.endsWith(".lora_A")) {
                    ranks.put(name.replace(".lora_A", ""), (int) info.dims()[0]);
                }
            });
        }
        return ranks;
    }

    /** @return the sum of ranks in the end */
    private int checkPruned(String run, RunResult result) throws IOException {
        List<JsonNode> ranks = lines(run, RunFolder.RANKS);
        assertEquals(2, ranks.size());
        assertEquals(1, ranks.get(0).get("first_epoch").asInt());
        JsonNode last = ranks.get(1);
        Map<String, Integer> saved = saved(run);
        long numbers = 0;
        int sum = 0;
        for (JsonNode layer : last.get("layers")) {
            assertEquals(
                    layer.get("rank").asInt(),
                    saved.getOrDefault(layer.get("layer").asText(), 0),
                    layer.toString());
            numbers += layer.get("numbers").asLong();
            sum += layer.get("rank").asInt();
        }
        List<JsonNode> metrics = lines(run, RunFolder.METRICS);
        int settled = last.get("first_epoch").asInt();
        for (JsonNode epoch : metrics) {
            boolean done = epoch.get("epoch").asInt() >= settled;
            long live = epoch.get("adapter_numbers").asLong();
            long allocated = epoch.get("allocated_numbers").asLong();
            assertEquals(done, live == numbers, epoch.toString());
            assertEquals(done, live == allocated, epoch.toString());
            assertTrue(live <= allocated, epoch.toString());
        }
        assertTrue(result.bestEpoch() >= settled, "the best state has more than what is left in the end");
        assertEquals(
                LayerSize.mib(numbers),
                result.sizes().get(result.sizes().size() - 1).size());
        return sum;
    }

    @ParameterizedTest
    @EnumSource(HeadPolicy.class)
    void adaLoraPrunesToItsMeanRank(HeadPolicy head) throws IOException {
        long kept = Tensors.kept();
        RunResult result = train(TinyRuns.adaLora(4, 2, 0), head, "run");
        int layers = head == HeadPolicy.ADAPTED ? 53 : 52;
        assertEquals(2 * layers, checkPruned("run", result));
        assertTrue(lines("run", RunFolder.RANKS).get(1).get("layers").toString().contains("\"rank\":0"));
        assertEquals(kept, Tensors.kept());
    }

    @Test
    void adaLoraPrunesToItsBudget() throws IOException {
        double budget = 0.06;
        RunResult result = train(TinyRuns.adaLora(4, 0, budget), HeadPolicy.TRAINED, "run");
        checkPruned("run", result);
        double left = result.sizes().get(result.sizes().size() - 1).size();
        // The next triplet that would not fit has at most 1600 numbers.
        assertTrue(left <= budget && left > budget - LayerSize.mib(1600), left + " MiB");
    }

    @Test
    void adaLoraMayHaveNothingToPrune() throws IOException {
        RunResult result = train(TinyRuns.adaLora(2, 2, 0), HeadPolicy.TRAINED, "run");
        assertEquals(1, result.sizes().size());
        List<JsonNode> ranks = lines("run", RunFolder.RANKS);
        assertEquals(ranks.get(0).get("layers"), ranks.get(1).get("layers"));
        assertEquals(52, saved("run").size());
    }

    static List<Arguments> greatRanks() {
        return List.of(
                Arguments.of(new Lora(64, AdapterOptions.DEFAULT), 64),
                Arguments.of(new Lora(4096, AdapterOptions.DEFAULT), 4096),
                Arguments.of(TinyRuns.adaLora(4096, 4096, 0), 4096),
                Arguments.of(new DyLora(1, 4096, false, List.of(), AdapterOptions.DEFAULT), 4096));
    }

    /** What a weight cannot use is not trained, not saved and not forecast, and one sentence says so. */
    @ParameterizedTest
    @MethodSource("greatRanks")
    void ranksAreHeldToTheirLayers(Method method, int rank) throws IOException {
        RunConfig config = TinyRuns.run(TinyRuns.train(method, 1, 1), photos, weights);
        List<String> notes = new ArrayList<>();
        RunResult result = TrainJob.run(config, place.resolve("run"), folder.resolve("cache"), new JobListener() {
            @Override
            public void onNote(String note) {
                notes.add(note);
            }
        });
        Map<String, Integer> saved = saved("run");
        assertEquals(52, saved.size());
        long numbers = 0;
        long held = 0;
        try (Network network = new Network(Models.find(TinyRuns.MODEL), 3)) {
            for (Map.Entry<String, Integer> layer : saved.entrySet()) {
                LayerSize size =
                        LayerSize.of(layer.getKey(), network.weightedLayers().get(layer.getKey()));
                assertEquals(Math.min(rank, size.fullRank()), layer.getValue(), layer.getKey());
                numbers += (long) size.perRank() * layer.getValue();
                held += layer.getValue() < rank ? 1 : 0;
            }
            String start = "Rank " + rank + " is more than the weight can use on " + held + " of 52 layers: ";
            assertEquals(
                    1, notes.stream().filter(note -> note.startsWith(start)).count(), notes.toString());
            assertEquals(
                    1, notes.stream().filter(note -> note.startsWith("Rank ")).count(), notes.toString());
            long bytes = Files.size(place.resolve("run").resolve(RunFolder.ADAPTER));
            assertTrue(bytes < 4 * numbers + (1 << 18), bytes + " bytes for " + numbers + " numbers");
            assertEquals(
                    MemoryForecast.of(network, config.train(), TinyRuns.SIZE, 1),
                    MemoryForecast.of(network, TinyRuns.train(more(method), 1, 1), TinyRuns.SIZE, 1));
        }
        if (method instanceof Lora) {
            assertEquals(LayerSize.mib(numbers), result.averageMib(), 1e-9);
        }
    }

    /** The same where everything is held, whatever is asked for. */
    private static Method more(Method method) {
        if (method instanceof Lora lora) {
            return lora.rank() < 4096 ? lora : new Lora(1_000_000, lora.adapter());
        }
        return method instanceof DyLora
                ? new DyLora(1, 1_000_000, false, List.of(), AdapterOptions.DEFAULT)
                : TinyRuns.adaLora(1_000_000, 1_000_000, 0);
    }

    /** Layers of nine columns cannot use all of what the methods begin with as they come: that is usual, and nothing to tell. */
    @Test
    void usualRanksAreNotSpokenOf() {
        for (Method method :
                List.of(Lora.DEFAULT, AdaLora.DEFAULT, new DyLora(1, 16, false, List.of(), AdapterOptions.DEFAULT))) {
            List<String> notes = new ArrayList<>();
            TrainJob.run(
                    TinyRuns.run(TinyRuns.train(method, 1, 1), photos, weights),
                    place.resolve(method.label()),
                    folder.resolve("cache"),
                    new JobListener() {
                        @Override
                        public void onNote(String note) {
                            notes.add(note);
                        }
                    });
            assertTrue(notes.stream().noneMatch(note -> note.startsWith("Rank ")), notes.toString());
        }
    }

    @Test
    void aBudgetWithoutRoomForATripletIsRefused() {
        long kept = Tensors.kept();
        InputException e = assertThrows(
                InputException.class, () -> train(TinyRuns.adaLora(4, 0, 1e-5), HeadPolicy.ADAPTED, "run"));
        assertTrue(e.getMessage().contains("give a larger budget"), e.getMessage());
        assertFalse(Files.exists(place.resolve("run")));
        assertEquals(kept, Tensors.kept());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void dyLoraIsJudgedAtEachRank(boolean frozen) throws IOException {
        DyLora method = TinyRuns.dyLora(frozen);
        RunResult result = train(method, HeadPolicy.TRAINED, "run");
        assertEquals(3, result.ranks().size());
        RunResult.AtRank most = result.ranks().get(0);
        assertEquals(result.val().logLoss(), most.val().logLoss());
        assertEquals(result.test().logLoss(), most.test().logLoss());
        assertEquals(result.averageMib(), most.mib());
        for (RunResult.AtRank at : result.ranks()) {
            EvaluateJob.Outcome outcome = EvaluateJob.run(
                    EvaluateJob.Request.of(place.resolve("run")).withRank(at.rank()),
                    1,
                    folder.resolve("cache"),
                    JobListener.NONE);
            assertEquals(at.test().logLoss(), outcome.scores().logLoss());
        }
        assertTrue(result.ranks().get(2).mib() < most.mib() / 3);
        JsonNode json =
                JSON.readTree(place.resolve("run").resolve(RunFolder.RESULT).toFile());
        assertEquals(2, json.at("/ranks/1/rank").asInt());
        assertEquals(
                result.ranks().get(1).val().accuracy(),
                json.at("/ranks/1/val/accuracy").asDouble());
    }

    /** Pretrained weights plus {@code s(r) B[:, :r] A[:r]}. */
    @ParameterizedTest
    @EnumSource(HeadPolicy.class)
    void aCutRunIsTheUpdateOfThatRank(HeadPolicy head) {
        DyLora method = TinyRuns.dyLora(false);
        train(method, head, "run");
        RunFolder run = RunFolder.open(place.resolve("run"));
        for (int rank = 1; rank <= 4; rank++) {
            double scale = method.scaling(rank) / method.scaling(4);
            assertEquals(4.0 / rank, scale, 1e-12);
            try (Network cut = Networks.tuned(run.at(rank));
                    TensorFile start = TensorFile.open(weights);
                    TensorFile adapter = TensorFile.open(run.file(RunFolder.ADAPTER));
                    PointerScope scope = new PointerScope();
                    NoGradGuard guard = new NoGradGuard()) {
                for (Map.Entry<String, Integer> layer : saved("run").entrySet()) {
                    Tensor a = adapter.read(layer.getKey() + ".lora_A");
                    Tensor b = adapter.read(layer.getKey() + ".lora_B");
                    long r = Math.min(rank, a.size(0));
                    Tensor change = b.narrow(1, 0, r).matmul(a.narrow(0, 0, r)).mul(new Scalar(scale));
                    String name = layer.getKey() + ".weight";
                    Tensor w = layer.getKey().equals("classifier.1") ? adapter.read(name) : start.read(name);
                    assertArrayEquals(
                            Tensors.toFloats(w.add(change.reshape(w.shape()))),
                            Tensors.toFloats(cut.params().get(name).value()),
                            1e-5f,
                            name);
                }
            }
        }
    }

    @Test
    void onlyTrainedRanksCanBeAskedFor() {
        train(TinyRuns.dyLora(false), HeadPolicy.TRAINED, "nested");
        train(TinyRuns.lora(), HeadPolicy.TRAINED, "lora");
        RunFolder nested = RunFolder.open(place.resolve("nested"));
        for (int rank : new int[] {0, 5, -1}) {
            InputException e = assertThrows(InputException.class, () -> nested.at(rank));
            assertTrue(e.getMessage().contains("1 to 4"), e.getMessage());
        }
        InputException e = assertThrows(InputException.class, () -> RunFolder.open(place.resolve("lora"))
                .at(2));
        assertTrue(e.getMessage().contains("lora r=2"), e.getMessage());
        assertEquals(null, nested.at(null).rank());
    }

    @Test
    void anAdapterFileOfAnotherRunIsRefused() throws IOException {
        train(TinyRuns.dyLora(false), HeadPolicy.TRAINED, "run");
        Path run = place.resolve("run");
        byte[] whole = Files.readAllBytes(run.resolve(RunFolder.ADAPTER));
        Files.delete(run.resolve(RunFolder.ADAPTER));
        assertThrows(
                InputException.class, () -> Networks.tuned(RunFolder.open(run).at(2)));
        Files.write(run.resolve(RunFolder.ADAPTER), java.util.Arrays.copyOf(whole, whole.length / 2));
        assertThrows(
                InputException.class, () -> Networks.tuned(RunFolder.open(run).at(2)));
        try (Network other = new Network(Models.find("mobilenet_v2_050"), 3)) {
            other.materialize(1);
            Files.write(run.resolve(RunFolder.ADAPTER), whole);
            try (AdapterFile adapter = AdapterFile.open(run.resolve(RunFolder.ADAPTER))) {
                InputException e = assertThrows(InputException.class, () -> adapter.cut(other, 2, 1));
                assertTrue(e.getMessage().contains("use the file that belongs to it"), e.getMessage());
            }
        }
    }
}
