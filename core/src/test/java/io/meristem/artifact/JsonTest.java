package io.meristem.artifact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.meristem.InputException;
import io.meristem.adapter.AdapterOptions;
import io.meristem.adapter.LayerSize;
import io.meristem.adapter.RankLimit;
import io.meristem.data.feed.Augmentation;
import io.meristem.data.folder.SplitOptions;
import io.meristem.data.image.Fit;
import io.meristem.engine.ComputeDevice;
import io.meristem.engine.Precision;
import io.meristem.rank.AlignmentScorer;
import io.meristem.rank.CkaScorer;
import io.meristem.rank.Importance;
import io.meristem.rank.NormalisedCkaScorer;
import io.meristem.rank.RankOptions;
import io.meristem.rank.Scorer;
import io.meristem.rank.SpectrumScorer;
import io.meristem.rank.StableRankScorer;
import io.meristem.rank.UniformScorer;
import io.meristem.rank.UpdateScorer;
import io.meristem.rank.WhitenedSpectrumScorer;
import io.meristem.testing.TinyRuns;
import io.meristem.tune.Compute;
import io.meristem.tune.Dra;
import io.meristem.tune.FullTuning;
import io.meristem.tune.HeadOnly;
import io.meristem.tune.HeadPolicy;
import io.meristem.tune.HeadStart;
import io.meristem.tune.Lora;
import io.meristem.tune.Method;
import io.meristem.tune.NormPolicy;
import io.meristem.tune.NormTraining;
import io.meristem.tune.Preset;
import io.meristem.tune.TrainConfig;
import io.meristem.tune.Updates;
import io.meristem.zoo.Models;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class JsonTest {

    private static final ObjectMapper PLAIN = new ObjectMapper();

    @TempDir
    Path folder;

    static Stream<Method> methods() {
        Stream<Method> others = Stream.of(
                new FullTuning(),
                new HeadOnly(),
                new Lora(4, new AdapterOptions(3, true, 0.1)),
                Dra.PAPER
                        .withScorer(new CkaScorer(new Importance(0.2, 0.8, 0.5, 0.5)))
                        .withRanks(new RankOptions(0, 12, 0.25, true))
                        .withCalibration(3, 4, 64)
                        .with(AdapterOptions.DEFAULT),
                fixed(new NormalisedCkaScorer(new Importance(0.2, 0.8, 0.5, 0.5))),
                fixed(new SpectrumScorer(0.25)),
                fixed(new WhitenedSpectrumScorer(0.75)),
                fixed(new AlignmentScorer(2)),
                Dra.PAPER
                        .withScorer(SpectrumScorer.DEFAULT)
                        .withRanks(new RankOptions(0, 16, 0, false, 1.5, null))
                        .withUpdates(Updates.NONE)
                        .withCalibration(5, 4, 64)
                        .with(AdapterOptions.DEFAULT),
                Dra.PAPER
                        .withScorer(new UpdateScorer(0.25))
                        .withUpdates(new Updates(Updates.Kind.CARRY_PLAIN, Updates.When.ONCE, 0.3, 1.5))
                        .withCalibration(5, 4, 64)
                        .with(AdapterOptions.DEFAULT),
                Dra.PAPER
                        .withScorer(new UniformScorer())
                        .withUpdates(new Updates(Updates.Kind.WARM, Updates.When.SETTLED))
                        .withCalibration(5, 4, 64)
                        .with(AdapterOptions.DEFAULT));
        Stream<Dra> scorers =
                Scorer.all().stream().filter(scorer -> !scorer.needsTraining()).map(JsonTest::fixed);
        return Stream.concat(others, scorers);
    }

    private static Dra fixed(Scorer scorer) {
        return Dra.PAPER
                .withScorer(scorer)
                .withUpdates(Updates.NONE)
                .withCalibration(5, 4, 64)
                .with(AdapterOptions.DEFAULT);
    }

    private static RunConfig config(Method method) {
        return new RunConfig(
                RunConfig.Model.of(Models.find("alexnet"))
                        .withView(0.875, Fit.SQUASH)
                        .withColours(List.of(0.1f, 0.2f, 0.3f), List.of(1f, 2f, 3f)),
                new RunConfig.Data(
                        "/photos of: mine",
                        SplitOptions.defaults().withGroups(Path.of("/a b/leaves:1.csv"), "leaf", null),
                        Augmentation.standard()),
                TrainConfig.builder(method, 12, 32, Long.MIN_VALUE, TinyRuns.FALLING)
                        .head(HeadPolicy.ADAPTED)
                        .norm(NormPolicy.RECALIBRATED)
                        .compute(new Compute(Precision.BF16, ComputeDevice.CPU, true, false))
                        .headStart(HeadStart.RIDGE)
                        .build(),
                2);
    }

    @ParameterizedTest
    @MethodSource("methods")
    void aConfigurationComesBackAsItWas(Method method) throws IOException {
        RunConfig config = config(method);
        Path file = folder.resolve("config.json");
        Files.writeString(file, Json.pretty(config));
        assertEquals(config, Json.read(file, RunConfig.class));
        Files.writeString(file, Json.line(config));
        assertEquals(config, Json.read(file, RunConfig.class));
    }

    @ParameterizedTest
    @MethodSource("methods")
    void aMethodIsNamed(Method method) throws IOException {
        JsonNode node = PLAIN.readTree(Json.line(config(method)));
        String name = node.at("/train/method/name").asText();
        assertEquals(method.label().split(" ")[0], name);
    }

    /** Runs from before there were several scorers, a choice of updates and of the head's start. */
    @Test
    void anOldConfigurationIsOneOfTheStudysMethod() throws IOException {
        Dra dra = Dra.PAPER
                .withScorer(new CkaScorer(new Importance(0.2, 0.8, 0.5, 0.5)))
                .withRanks(new RankOptions(0, 12, 0.25, true))
                .withCalibration(3, 4, 64)
                .with(AdapterOptions.DEFAULT);
        ObjectNode root = (ObjectNode) PLAIN.readTree(Json.line(config(dra)));
        ObjectNode method = (ObjectNode) root.at("/train/method");
        method.set("importance", method.get("scorer").get("importance"));
        method.remove(List.of("scorer", "updates"));
        ((ObjectNode) root.get("train")).remove("head_start");
        Path file = folder.resolve("config.json");
        Files.writeString(file, root.toString());
        RunConfig old = Json.read(file, RunConfig.class);
        assertEquals(dra, old.train().method());
        assertEquals(HeadStart.RANDOM, old.train().headStart());

        method.remove("importance");
        Files.writeString(file, root.toString());
        Dra plain = (Dra) Json.read(file, RunConfig.class).train().method();
        assertEquals(CkaScorer.DEFAULT, plain.scorer());
    }

    /** Runs from before there was more than one kind of update say whether there are any. */
    @Test
    void oldUpdatesAreTheSourcesOrNone() throws IOException {
        ObjectNode root = (ObjectNode) PLAIN.readTree(Json.line(config(fixed(new UniformScorer()))));
        ObjectNode method = (ObjectNode) root.at("/train/method");
        Path file = folder.resolve("config.json");
        for (boolean any : new boolean[] {true, false}) {
            method.put("updates", any);
            Files.writeString(file, root.toString());
            Dra old = (Dra) Json.read(file, RunConfig.class).train().method();
            assertEquals(any ? Updates.MERGING : Updates.NONE, old.updates());
        }
        method.putObject("updates").put("way", "carry").put("when", "once");
        Files.writeString(file, root.toString());
        Dra brief = (Dra) Json.read(file, RunConfig.class).train().method();
        assertEquals(new Updates(Updates.Kind.CARRY, Updates.When.ONCE, 0.4, 1), brief.updates());
        for (String wrong : List.of("\"carry\"", "{\"way\": \"jump\"}", "{\"at\": 0.5}", "{\"where\": 1}", "1")) {
            method.set("updates", PLAIN.readTree(wrong));
            Files.writeString(file, root.toString());
            assertThrows(InputException.class, () -> Json.read(file, RunConfig.class), wrong);
        }
    }

    /** Runs from before LoRA's rank was held to what a layer can use. */
    @Test
    void anOldLoraGivesEveryLayerItsRank() throws IOException {
        ObjectNode root = (ObjectNode) PLAIN.readTree(Json.line(config(new Lora(64, AdapterOptions.DEFAULT))));
        ObjectNode method = (ObjectNode) root.at("/train/method");
        assertEquals("LAYER", method.get("limit").asText());
        method.remove("limit");
        Path file = folder.resolve("config.json");
        Files.writeString(file, root.toString());
        Lora old = (Lora) Json.read(file, RunConfig.class).train().method();
        assertEquals(RankLimit.NONE, old.limit());
        assertEquals(64, old.limit().of(64, new LayerSize("dw", "depthwise", 32, 9)));
    }

    @Test
    void aScorerIsNamed() throws IOException {
        JsonNode method =
                PLAIN.readTree(Json.line(config(fixed(new StableRankScorer())))).at("/train/method");
        assertEquals("stable-rank", method.at("/scorer/name").asText());
        assertEquals("NONE", method.at("/updates/way").asText());
        assertFalse(method.has("importance"));
    }

    @Test
    void linesAreReadUpToATornLastOne() throws IOException {
        Path file = folder.resolve("ranks.jsonl");
        Files.writeString(file, "{\"first_epoch\":1,\"later\":2}\n\n{\"first_epoch\":3,\"layers\":[]}\n{\"first_epo");
        List<RankLine> lines = Json.lines(file, RankLine.class);
        assertEquals(List.of(1, 3), lines.stream().map(RankLine::firstEpoch).toList());
        assertEquals(List.of(), lines.get(0).layers());
        Files.writeString(file, "");
        assertEquals(List.of(), Json.lines(file, RankLine.class));
        Files.writeString(file, "{\"first_epoch\":1}\n{\"first_epo\n");
        InputException torn = assertThrows(InputException.class, () -> Json.lines(file, RankLine.class));
        assertTrue(
                torn.getMessage().contains("ranks.jsonl") && torn.getMessage().contains("line 2"), torn.getMessage());
        assertThrows(InputException.class, () -> Json.lines(folder.resolve("none.jsonl"), RankLine.class));
    }

    @Test
    void namesAreInSnakeCase() throws IOException {
        JsonNode node = PLAIN.readTree(Json.line(config(new Lora(4, AdapterOptions.DEFAULT))));
        assertEquals(32, node.at("/train/batch_size").asInt());
        assertEquals(5e-3, node.at("/train/optimization/head_rate").asDouble());
        assertEquals("alpha/sqrt(r)", node.at("/train/method/adapter/scaling").asText());
        assertEquals("/a b/leaves:1.csv", node.at("/data/split/group_csv").asText());
        assertTrue(node.at("/model/weights").isNull());
    }

    @Test
    void numbersThatAreNotFiniteBecomeNull() throws IOException {
        JsonNode node = PLAIN.readTree(Json.line(Map.of("a", Double.NaN, "b", Double.POSITIVE_INFINITY, "c", 1e-300)));
        assertTrue(node.get("a").isNull());
        assertTrue(node.get("b").isNull());
        assertEquals(1e-300, node.get("c").asDouble());
        JsonNode list = PLAIN.readTree(Json.line(List.of(Double.NEGATIVE_INFINITY, 2.5)));
        assertTrue(list.get(0).isNull());
        JsonNode floats = PLAIN.readTree(Json.line(List.of(Float.NaN, 0.5f)));
        assertTrue(floats.get(0).isNull());
        assertEquals(0.5, floats.get(1).asDouble());
    }

    @Test
    void aLineIsOneLine() {
        assertFalse(Json.line(config(new FullTuning())).contains("\n"));
        assertFalse(Json.line(Map.of("text", "two\nlines")).contains("\n"));
        assertTrue(Json.pretty(Map.of()).endsWith("\n"));
    }

    @Test
    void aDamagedFileIsNamedInOneSentence() throws IOException {
        Path file = folder.resolve("config.json");
        String whole = Json.pretty(config(TinyRuns.lora()));
        for (String text : List.of(
                "",
                "null",
                "{",
                whole.substring(0, whole.length() / 2),
                whole.replace("\"lora\"", "\"none of ours\""),
                whole.replace("\"rank\" : 2", "\"rank\" : 0"),
                whole.replace("\"rank\" : 2", "\"rank\" : null"),
                whole.replace("\"epochs\" : 12", "\"eras\" : 12"),
                "[1, 2]")) {
            Files.writeString(file, text);
            InputException e = assertThrows(InputException.class, () -> Json.read(file, RunConfig.class), text);
            assertTrue(e.getMessage().startsWith(file.toString()), e.getMessage());
            assertFalse(e.getMessage().contains("\n"), e.getMessage());
        }
        Files.write(file, new byte[] {(byte) 0xff, (byte) 0xfe, 0x00});
        assertThrows(InputException.class, () -> Json.read(file, RunConfig.class));
    }

    @Test
    void aMissingFileIsTheUsersToMend() {
        InputException e =
                assertThrows(InputException.class, () -> Json.read(folder.resolve("none.json"), RunConfig.class));
        assertInstanceOf(IOException.class, e.getCause());
    }

    /** What runs from before there was a choice lack is off. */
    @Test
    void olderConfigurationsHaveNoneOfTheNewerSettings() throws Exception {
        ObjectNode tree = (ObjectNode)
                Json.tree(TrainConfig.usual(new Lora(4, new AdapterOptions(3, true, 0.1)), Preset.PAPER, 1));
        tree.remove("train_norm");
        tree.remove("ema");
        ((ObjectNode) tree.get("optimization")).remove("lr_ratio");
        ObjectNode adapter = (ObjectNode) tree.at("/method/adapter");
        adapter.remove("scaling");
        adapter.remove("init_lora_weights");
        adapter.put("rank_stabilised", true);
        TrainConfig old = Json.value(tree, TrainConfig.class);
        assertEquals(NormTraining.NONE, old.trainNorm());
        assertEquals(0, old.ema());
        assertEquals(1, old.optimization().lrRatio());
        assertEquals(new AdapterOptions(3, true, 0.1), ((Lora) old.method()).adapter());
        adapter.put("rank_stabilised", false);
        assertEquals(
                new AdapterOptions(3, false, 0.1),
                ((Lora) Json.value(tree, TrainConfig.class).method()).adapter());
    }
}
