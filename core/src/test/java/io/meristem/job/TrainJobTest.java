package io.meristem.job;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.meristem.InputException;
import io.meristem.adapter.AdapterOptions;
import io.meristem.artifact.RunConfig;
import io.meristem.artifact.RunFolder;
import io.meristem.artifact.RunResult;
import io.meristem.data.Augmentation;
import io.meristem.data.Fit;
import io.meristem.data.SplitOptions;
import io.meristem.data.synth.SynthOptions;
import io.meristem.data.synth.SyntheticFolder;
import io.meristem.engine.Tensors;
import io.meristem.eval.Scores;
import io.meristem.nn.Models;
import io.meristem.nn.Network;
import io.meristem.rank.Importance;
import io.meristem.rank.RankOptions;
import io.meristem.tune.Dra;
import io.meristem.tune.FullTuning;
import io.meristem.tune.HeadOnly;
import io.meristem.tune.HeadPolicy;
import io.meristem.tune.Lora;
import io.meristem.tune.Method;
import io.meristem.tune.NormPolicy;
import io.meristem.tune.Optimization;
import io.meristem.tune.TrainConfig;
import io.meristem.weights.NetworkState;
import io.meristem.weights.TensorFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Whole trainings on a handful of drawn leaves. */
class TrainJobTest {

    private static final String MODEL = "mobilenet_v2_035";
    private static final int SIZE = 32;
    private static final Dra DRA =
            new Dra(Importance.DEFAULT, new RankOptions(1, 4, 0, false), 1, 2, 16, AdapterOptions.DEFAULT);

    @TempDir
    static Path shared;

    private static Path leaves;
    private static Path weights;

    @TempDir
    Path folder;

    @BeforeAll
    static void draw() throws Exception {
        leaves = shared.resolve("leaves");
        SyntheticFolder.write(leaves, SynthOptions.leaves(6, 2, 2, SIZE, 1), (drawn, of) -> {});
        weights = shared.resolve("weights.safetensors");
        try (Network network = new Network(Models.find(MODEL), 7)) {
            network.materialize(5);
            NetworkState.write(weights, network, NetworkState.ALL, Map.of());
        }
    }

    static Stream<Method> methods() {
        return Stream.of(DRA, new Lora(2, AdapterOptions.DEFAULT), new FullTuning(), new HeadOnly());
    }

    private static RunConfig config(Method method, int epochs, long seed, HeadPolicy head, NormPolicy norm) {
        Optimization optimization = new Optimization(
                Optimization.Kind.ADAMW, 3e-3, 3e-3, 0.01, 0.9, Optimization.Schedule.COSINE, 0.5, 1, 0.1, true);
        return new RunConfig(
                new RunConfig.Model(
                        MODEL,
                        weights.toString(),
                        SIZE,
                        1,
                        Fit.CROP,
                        List.of(0.5f, 0.5f, 0.5f),
                        List.of(0.5f, 0.5f, 0.5f)),
                new RunConfig.Data(leaves.toString(), SplitOptions.defaults(), Augmentation.standard()),
                new TrainConfig(method, epochs, 16, seed, optimization, head, norm),
                2);
    }

    private RunResult train(String name, RunConfig config) {
        return TrainJob.run(config, folder.resolve(name), shared.resolve("cache"), JobListener.NONE);
    }

    private RunResult train(String name, Method method, int epochs, long seed) {
        return train(name, config(method, epochs, seed, HeadPolicy.TRAINED, NormPolicy.FROZEN));
    }

    @ParameterizedTest
    @MethodSource("methods")
    void everyMethodLeavesAWholeRunAndNoTensors(Method method) throws Exception {
        long kept = Tensors.kept();
        RunResult result = train("run", method, 2, 0);
        assertEquals(kept, Tensors.kept());
        RunFolder run = RunFolder.open(folder.resolve("run"));
        List<String> files = new ArrayList<>(List.of(
                RunFolder.CONFIG,
                RunFolder.CLASSES,
                RunFolder.PROVENANCE,
                RunFolder.METRICS,
                RunFolder.TIMINGS,
                RunFolder.BEST,
                RunFolder.LAST,
                RunFolder.RESULT,
                RunFolder.CONFUSION,
                RunFolder.SUMMARY));
        if (method instanceof Dra || method instanceof Lora) {
            files.add(RunFolder.ADAPTER);
        }
        files.forEach(file -> assertTrue(Files.isRegularFile(run.file(file)), file));
        assertEquals(2, lines(run, RunFolder.METRICS).size());
        assertEquals(run.config(), config(method, 2, 0, HeadPolicy.TRAINED, NormPolicy.FROZEN));
        assertEquals(20, result.test().photos());
        assertTrue(Files.readString(run.file(RunFolder.SUMMARY)).contains("SYNTHETIC"));
        Scores again = EvaluateJob.run(run.path(), null, null, 2, shared.resolve("cache"), JobListener.NONE)
                .scores();
        assertEquals(result.test().accuracy(), again.accuracy());
        assertEquals(result.test().logLoss(), again.logLoss(), 1e-6);
    }

    @Test
    void oneSeedGivesTheSameFilesAndAnotherDoesNot() throws Exception {
        train("a", DRA, 3, 4);
        train("b", DRA, 3, 4);
        train("c", DRA, 3, 5);
        for (String file :
                List.of(RunFolder.METRICS, RunFolder.RANKS, RunFolder.BEST, RunFolder.LAST, RunFolder.ADAPTER)) {
            assertArrayEquals(bytes("a", file), bytes("b", file), file);
        }
        assertFalse(Arrays.equals(bytes("a", RunFolder.METRICS), bytes("c", RunFolder.METRICS)));
    }

    @Test
    void pretrainedWeightsPlusTheAdapterAreTheTunedNetworkAcrossReallocations() throws Exception {
        RunResult result = train("run", config(DRA, 5, 0, HeadPolicy.ADAPTED, NormPolicy.FROZEN));
        RunFolder run = RunFolder.open(folder.resolve("run"));
        long reallocations = lines(run, RunFolder.METRICS).stream()
                .filter(line -> line.get("reallocated").booleanValue())
                .count();
        assertTrue(reallocations > 0, "no reallocation in 5 epochs");
        assertEquals(1 + reallocations, lines(run, RunFolder.RANKS).size());
        assertEquals(0, result.headMib());
        try (TensorFile base = TensorFile.open(weights);
                TensorFile adapter = TensorFile.open(run.file(RunFolder.ADAPTER));
                TensorFile best = TensorFile.open(run.file(RunFolder.BEST));
                PointerScope scope = new PointerScope()) {
            int compared = 0;
            for (String name : adapter.tensors().keySet()) {
                if (name.endsWith(".lora_A") && !name.startsWith("classifier")) {
                    String layer = name.substring(0, name.length() - ".lora_A".length());
                    Tensor before = base.read(layer + ".weight");
                    Tensor delta = adapter.read(layer + ".lora_B").matmul(adapter.read(name));
                    float[] expected = Tensors.toFloats(before.add(delta.reshape(before.shape())));
                    assertArrayEquals(expected, Tensors.toFloats(best.read(layer + ".weight")), 1e-5f, layer);
                    compared++;
                }
            }
            assertEquals(52, compared);
        }
    }

    @ParameterizedTest
    @EnumSource(NormPolicy.class)
    void statisticsMoveOnlyWhereThePolicySaysSo(NormPolicy norm) throws Exception {
        train("run", config(new Lora(1, AdapterOptions.DEFAULT), 1, 0, HeadPolicy.TRAINED, norm));
        try (TensorFile base = TensorFile.open(weights);
                TensorFile best = TensorFile.open(folder.resolve("run").resolve(RunFolder.BEST));
                PointerScope scope = new PointerScope()) {
            float[] before = Tensors.toFloats(base.read("features.0.1.running_mean"));
            float[] after = Tensors.toFloats(best.read("features.0.1.running_mean"));
            if (norm == NormPolicy.FROZEN) {
                assertArrayEquals(before, after);
            } else {
                assertNotEquals(before[0], after[0]);
            }
        }
    }

    @Test
    void aBudgetHolds() throws Exception {
        Dra tight = new Dra(Importance.DEFAULT, new RankOptions(0, 4, 0.05, true), 1, 2, 16, AdapterOptions.DEFAULT);
        RunResult result = train("run", tight, 2, 0);
        result.sizes().forEach(span -> assertTrue(span.size() <= 0.05, span.toString()));
        Dra impossible =
                new Dra(Importance.DEFAULT, new RankOptions(1, 4, 0.001, false), 1, 2, 16, AdapterOptions.DEFAULT);
        InputException e = assertThrows(InputException.class, () -> train("none", impossible, 2, 0));
        assertTrue(e.getMessage().contains("budget"), e.getMessage());
    }

    @Test
    void aTakenPlaceIsRefusedBeforeAnyWork() throws Exception {
        train("run", new HeadOnly(), 1, 0);
        byte[] before = bytes("run", RunFolder.METRICS);
        InputException e = assertThrows(InputException.class, () -> train("run", new HeadOnly(), 1, 0));
        assertTrue(e.getMessage().contains("already holds a run"), e.getMessage());
        assertArrayEquals(before, bytes("run", RunFolder.METRICS));
    }

    private byte[] bytes(String run, String file) throws Exception {
        return Files.readAllBytes(folder.resolve(run).resolve(file));
    }

    private static List<JsonNode> lines(RunFolder run, String file) throws Exception {
        List<JsonNode> nodes = new ArrayList<>();
        for (String line : Files.readAllLines(run.file(file))) {
            nodes.add(new ObjectMapper().readTree(line));
        }
        return nodes;
    }
}
