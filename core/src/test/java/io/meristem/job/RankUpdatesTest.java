package io.meristem.job;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.meristem.adapter.AdapterOptions;
import io.meristem.adapter.LayerSize;
import io.meristem.adapter.LoraInit;
import io.meristem.adapter.LoraScaling;
import io.meristem.artifact.RunFolder;
import io.meristem.artifact.RunResult;
import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import io.meristem.execute.Network;
import io.meristem.rank.RandomScorer;
import io.meristem.rank.RankOptions;
import io.meristem.rank.Scorer;
import io.meristem.rank.UniformScorer;
import io.meristem.rank.UpdateScorer;
import io.meristem.testing.ColourPhotos;
import io.meristem.testing.TinyRuns;
import io.meristem.tune.Checkpoint;
import io.meristem.tune.Compute;
import io.meristem.tune.Dra;
import io.meristem.tune.HeadPolicy;
import io.meristem.tune.HeadStart;
import io.meristem.tune.ModelState;
import io.meristem.tune.NormPolicy;
import io.meristem.tune.NormTraining;
import io.meristem.tune.Optimization;
import io.meristem.tune.TrainConfig;
import io.meristem.tune.Updates;
import io.meristem.tune.Updates.Kind;
import io.meristem.tune.Updates.When;
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
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What updates of the ranks do in whole trainings. */
class RankUpdatesTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final double BUDGET = 0.2;

    @TempDir
    static Path folder;

    private static Path photos;
    private static Path weights;

    @TempDir
    Path place;

    private final List<String> notes = new ArrayList<>();
    private JobListener listener = JobListener.NONE;

    @BeforeAll
    static void prepare() throws IOException {
        Engine.start(1);
        photos = ColourPhotos.write(folder.resolve("photos"), 6, 2, 2);
        weights = TinyRuns.pretrained(folder);
    }

    private static Dra dra(Scorer scorer, Updates updates, AdapterOptions adapter) {
        return Dra.PAPER
                .withScorer(scorer)
                .withRanks(new RankOptions(0, 8, BUDGET, false))
                .withUpdates(updates)
                .withCalibration(1, 2, 8)
                .with(adapter);
    }

    private static Dra dra(Scorer scorer, Updates updates) {
        return dra(scorer, updates, AdapterOptions.DEFAULT);
    }

    private static TrainConfig config(Dra dra, int epochs, int batch, Optimization how, double ema) {
        return TrainConfig.builder(dra, epochs, batch, 1, how)
                .norm(NormPolicy.RECALIBRATED)
                .compute( // through a random network with the statistics that it begins with hardly any
                        // gradient comes
                        Compute.PLAIN)
                .headStart(HeadStart.RIDGE)
                .trainNorm(NormTraining.BIAS)
                .ema(ema)
                .build();
    }

    private RunResult train(TrainConfig config, String name) {
        return TrainJob.run(
                TinyRuns.run(config, photos, weights), place.resolve(name), folder.resolve("cache"), new JobListener() {
                    @Override
                    public void onNote(String sentence) {
                        notes.add(sentence);
                    }

                    @Override
                    public void onBest(int epoch, ModelState state) {
                        listener.onBest(epoch, state);
                    }

                    @Override
                    public void onCheckpoint(Checkpoint checkpoint) {
                        listener.onCheckpoint(checkpoint);
                    }
                });
    }

    private List<JsonNode> lines(String run, String file) throws IOException {
        List<JsonNode> lines = new ArrayList<>();
        for (String line : Files.readAllLines(place.resolve(run).resolve(file))) {
            lines.add(JSON.readTree(line));
        }
        return lines;
    }

    private List<Integer> updates(String run) throws IOException {
        return lines(run, RunFolder.METRICS).stream()
                .filter(line -> line.get("reallocated").asBoolean())
                .map(line -> line.get("epoch").asInt())
                .toList();
    }

    private String note(String start) {
        return notes.stream().filter(n -> n.startsWith(start)).findFirst().orElse("none of " + notes);
    }

    static Stream<Updates> everyWay() {
        return Stream.of(Kind.values())
                .filter(way -> way != Kind.NONE && way != Kind.WARM)
                .flatMap(way -> Stream.of(When.FALLING, When.ONCE).map(when -> new Updates(way, when)));
    }

    @ParameterizedTest
    @MethodSource("everyWay")
    void sizesStayWithinTheBudget(Updates updates) throws IOException {
        long kept = Tensors.kept();
        RunResult result = train(config(dra(new RandomScorer(), updates), 5, 8, TinyRuns.FALLING, 0.8), "run");
        assertEquals(kept, Tensors.kept());
        assertFalse(updates("run").isEmpty());
        if (updates.when() == When.ONCE) {
            assertEquals(List.of(2), updates("run"));
        }
        List<JsonNode> ranks = lines("run", RunFolder.RANKS);
        assertEquals(updates.way() == Kind.RESTART ? 1 : 1 + updates("run").size(), ranks.size());
        for (JsonNode line : lines("run", RunFolder.METRICS)) {
            assertTrue(line.get("adapter_mib").asDouble() <= BUDGET, line.toString());
            assertTrue(line.get("adapter_mib").asDouble() > 0.9 * BUDGET, line.toString());
        }
        assertEquals(
                LayerSize.mib(lines("run", RunFolder.METRICS)
                        .get(4)
                        .get("adapter_numbers")
                        .asLong()),
                result.sizes().get(result.sizes().size() - 1).size());
        EvaluateJob.Outcome again =
                EvaluateJob.run(place.resolve("run"), null, null, 1, folder.resolve("cache"), JobListener.NONE);
        assertEquals(result.test().logLoss(), again.scores().logLoss());
        String note = note("Update after epoch " + updates("run").get(0) + ": ");
        switch (updates.way()) {
            case RESTART -> assertTrue(note.endsWith("start anew with the ranks that they had."), note);
            case CARRY, CARRY_PLAIN ->
                assertTrue(
                        note.matches(
                                "Update after epoch \\d: ranks 1 to \\d carried over, \\d+ layers grew, \\d+ shrank; what was dropped held \\d+\\.\\d\\d % of the update\\."),
                        note);
            default -> assertTrue(note.startsWith("none"), note);
        }
    }

    /** Where no rank changes, nothing at all does: the run is one without updates, to the byte, optimiser and averages included. */
    @ParameterizedTest
    @EnumSource
    void carryingEqualRanksChangesNothing(Optimization.Kind kind) throws IOException {
        Optimization how = Optimization.plain(kind == Optimization.Kind.SGD ? 2e-2 : 5e-3)
                .withKind(kind)
                .withHeadRate(5e-3)
                .withWeightDecay(0.01)
                .withMomentum(0.9)
                .withSchedule(Optimization.Schedule.COSINE)
                .withWarmup(0.5)
                .withClipNorm(1)
                .withLrRatio(4);
        train(config(dra(new UniformScorer(), new Updates(Kind.CARRY, When.ONCE)), 4, 8, how, 0.8), "carried");
        assertTrue(note("Update after").contains("0 layers grew, 0 shrank."), notes.toString());
        train(config(dra(new UniformScorer(), Updates.NONE), 4, 8, how, 0.8), "plain");
        assertEquals(List.of(2), updates("carried"));
        for (String file : List.of(
                RunFolder.BEST, RunFolder.LAST, RunFolder.LAST_AVERAGED, RunFolder.ADAPTER, RunFolder.PREDICTIONS)) {
            assertArrayEquals(
                    Files.readAllBytes(place.resolve("plain").resolve(file)),
                    Files.readAllBytes(place.resolve("carried").resolve(file)),
                    file);
        }
        List<JsonNode> plain = lines("plain", RunFolder.METRICS);
        List<JsonNode> carried = lines("carried", RunFolder.METRICS);
        for (int i = 0; i < 4; i++) {
            for (String field : List.of("rate", "train_loss", "val_loss", "change")) {
                assertEquals(plain.get(i).get(field), carried.get(i).get(field), field);
            }
        }
    }

    /** Half the size at first, then the whole: every update of a weight is what it was, and so is that of the averages, which are judged. */
    @ParameterizedTest
    @EnumSource
    void growthChangesNoUpdate(LoraInit init) throws IOException {
        AdapterOptions adapter = new AdapterOptions(8, LoraScaling.BY_RANK, 0, init);
        Dra dra = dra(new UniformScorer(), new Updates(Kind.CARRY, When.ONCE, 0.5, 0.5), adapter);
        Map<String, double[]> before = new LinkedHashMap<>();
        Map<String, double[]> after = new LinkedHashMap<>();
        listener = new JobListener() {
            @Override
            public void onBest(int epoch, ModelState state) {
                if (epoch == 1) {
                    state.update().forEach((name, f) -> before.put(name, product(f.b(), f.a(), f.out(), f.rank(), 1)));
                }
            }

            @Override
            public void onCheckpoint(Checkpoint checkpoint) {
                if (checkpoint.progress().epoch() == 2) {
                    Map<String, Tensor> tensors = checkpoint.tensors();
                    List<String> layers = tensors.keySet().stream()
                            .filter(name -> name.startsWith("adapter.") && name.endsWith(".A"))
                            .map(name -> name.substring("adapter.".length(), name.length() - 2))
                            .toList();
                    for (int i = 0; i < layers.size(); i++) {
                        Tensor a = tensors.get("average." + 2 * i);
                        Tensor b = tensors.get("average." + (2 * i + 1));
                        int rank = Math.toIntExact(a.size(0));
                        double[] update = product(
                                Tensors.toDoubles(b),
                                Tensors.toDoubles(a),
                                Math.toIntExact(b.size(0)),
                                rank,
                                adapter.scaling(rank));
                        after.put(layers.get(i), update);
                    }
                }
            }
        };
        train(config(dra, 2, 8, TinyRuns.FALLING, 0.8), "run");
        List<JsonNode> metrics = lines("run", RunFolder.METRICS);
        assertTrue(metrics.get(0).get("adapter_mib").asDouble() <= 0.5 * BUDGET);
        assertTrue(metrics.get(1).get("adapter_mib").asDouble() > 0.9 * BUDGET);
        assertTrue(note("Update after epoch 1").contains(" grew, 0 shrank."), notes.toString());
        assertTrue(after.keySet().containsAll(before.keySet()));
        double greatest = before.values().stream()
                .flatMapToDouble(Arrays::stream)
                .map(Math::abs)
                .max()
                .orElseThrow();
        assertTrue(greatest > 1e-3, "nothing was trained");
        after.forEach((name, update) ->
                assertArrayEquals(before.getOrDefault(name, new double[update.length]), update, 1e-6 * greatest, name));
    }

    private static double[] product(double[] b, double[] a, int out, int rank, double scale) {
        int columns = a.length / rank;
        double[] product = new double[out * columns];
        for (int o = 0; o < out; o++) {
            for (int k = 0; k < rank; k++) {
                for (int c = 0; c < columns; c++) {
                    product[o * columns + c] += scale * b[o * rank + k] * a[k * columns + c];
                }
            }
        }
        return product;
    }

    @Test
    void theCutComesOnceAndTheBestStateIsOneOfTheSizeThatWasAskedFor() throws IOException {
        Dra dra = dra(UpdateScorer.DEFAULT, new Updates(Kind.CARRY, When.ONCE, 0.4, 1.5));
        RunResult result = train(config(dra, 5, 8, TinyRuns.FALLING, 0), "run");
        List<JsonNode> metrics = lines("run", RunFolder.METRICS);
        for (int i = 0; i < 5; i++) {
            double mib = metrics.get(i).get("adapter_mib").asDouble();
            double bound = i < 2 ? 1.5 * BUDGET : BUDGET;
            assertTrue(mib <= bound && mib > 0.9 * bound, "epoch " + (i + 1) + ": " + mib);
        }
        assertEquals(2, result.sizes().size());
        assertTrue(result.bestEpoch() > 2, "epoch " + result.bestEpoch());
        List<JsonNode> ranks = lines("run", RunFolder.RANKS);
        assertEquals("update", ranks.get(1).get("scorer").asText());
        assertTrue(ranks.get(1).get("layers").get(0).has("effect"));
        assertFalse(ranks.get(0).get("layers").get(0).has("effect"));
        assertTrue(note("Update after epoch 2").contains(" shrank; what was dropped held "), notes.toString());

        // Too short for the cut: then the budget holds from the beginning.
        train(config(dra, 1, 8, TinyRuns.FALLING, 0), "short");
        assertTrue(lines("short", RunFolder.METRICS).get(0).get("adapter_mib").asDouble() <= BUDGET);
        assertEquals("Ranks stay as they are allocated first: there is one epoch only.", note("Ranks stay"));
    }

    /** Without a budget, 1.5 times what the scorer answers with. */
    @Test
    void theSizeThatAScorerAnswersWithCanBeTheMeasure() throws IOException {
        RankOptions free = new RankOptions(0, 8, 0, false);
        Updates cut = new Updates(Kind.CARRY, When.ONCE, 0.5, 1.5);
        train(
                config(
                        Dra.PAPER
                                .withScorer(new RandomScorer())
                                .withRanks(free)
                                .withUpdates(cut)
                                .withCalibration(1, 2, 8)
                                .with(AdapterOptions.DEFAULT),
                        2,
                        8,
                        TinyRuns.FALLING,
                        0),
                "a");
        train(
                config(
                        Dra.PAPER
                                .withScorer(new RandomScorer())
                                .withRanks(free)
                                .withUpdates(Updates.NONE)
                                .withCalibration(1, 2, 8)
                                .with(AdapterOptions.DEFAULT),
                        2,
                        8,
                        TinyRuns.FALLING,
                        0),
                "b");
        double more =
                lines("a", RunFolder.METRICS).get(0).get("adapter_numbers").asDouble();
        double own = lines("b", RunFolder.METRICS).get(0).get("adapter_numbers").asDouble();
        double beside;
        try (Network network = new Network(Models.find(TinyRuns.MODEL), 3)) {
            beside = NormTraining.BIAS.numbers(network, HeadPolicy.TRAINED);
        }
        assertEquals(1.5, (more - beside) / (own - beside), 0.02);
    }

    @Test
    void ratesGrowAgainAfterAWarmUpdate() throws IOException {
        Optimization constant =
                Optimization.plain(1e-3).withWeightDecay(0.01).withMomentum(0.9).withClipNorm(1);
        Dra dra = dra(UpdateScorer.DEFAULT, new Updates(Kind.WARM, When.ONCE, 0.05, 1));
        train(config(dra, 13, 2, constant, 0), "once"); // 9 steps an epoch, 117 in all
        assertEquals(List.of(1), updates("once"));
        List<JsonNode> metrics = lines("once", RunFolder.METRICS);
        double[] expected = {1, 8.5 / 50, 17.5 / 50, 26.5 / 50, 35.5 / 50, 44.5 / 50, 1, 1};
        for (int i = 0; i < expected.length; i++) {
            assertEquals(1e-3 * expected[i], metrics.get(i).get("rate").asDouble(), 1e-9, "epoch " + (i + 1));
        }
        assertTrue(note("Update after epoch 1").endsWith("learning rates grow again over 50 steps."), notes.toString());

        notes.clear();
        train(config(dra(new RandomScorer(), new Updates(Kind.WARM, When.FALLING)), 5, 8, constant, 0), "short");
        assertEquals(List.of(), updates("short"));
        assertEquals(
                "Ranks stay as they are allocated first: an update that warms up again needs 100 steps after it, of which there are 9 after epoch 2.",
                note("Ranks stay"));
    }

    /** The learning rate is at its greatest as long as an update could still come. */
    @Test
    void theScheduleWaitsForTheAdaptersToSettle() throws IOException {
        Dra dra = dra(new RandomScorer(), new Updates(Kind.CARRY, When.SETTLED));
        train(config(dra, 10, 8, TinyRuns.FALLING, 0), "run");
        List<JsonNode> metrics = lines("run", RunFolder.METRICS);
        for (int i = 0; i < 6; i++) {
            assertEquals(5e-3, metrics.get(i).get("rate").asDouble(), 1e-12, "epoch " + (i + 1));
        }
        assertTrue(metrics.get(6).get("rate").asDouble() < 5e-3);
        assertTrue(
                updates("run").stream().allMatch(epoch -> epoch <= 6),
                updates("run").toString());
        train(config(dra, 4, 8, TinyRuns.FALLING, 0), "short");
        assertTrue(note("Ranks stay").contains("follows none after epoch 2"), notes.toString());
    }
}
