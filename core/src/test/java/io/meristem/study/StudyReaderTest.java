package io.meristem.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.meristem.InputException;
import io.meristem.artifact.Json;
import io.meristem.data.feed.Augmentation;
import io.meristem.data.image.Fit;
import io.meristem.engine.Precision;
import io.meristem.rank.CkaScorer;
import io.meristem.rank.GradientScorer;
import io.meristem.tune.Dra;
import io.meristem.tune.FullTuning;
import io.meristem.tune.HeadOnly;
import io.meristem.tune.HeadPolicy;
import io.meristem.tune.Lora;
import io.meristem.tune.Preset;
import io.meristem.tune.TrainConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class StudyReaderTest {

    private static final String MODEL = "{\"name\": \"mobilenet_v2_035\", \"weights\": \"scratch\", \"size\": 32}";

    @TempDir
    Path folder;

    /** A study that could be run, with {@code more} in it. */
    private static String study(String more) {
        return "{\"models\": [" + MODEL + "], \"data\": [\"/p/leaves\"], " + more + "}";
    }

    private static Study read(String more) throws IOException {
        return Specs.read(study(more), Scale.NONE);
    }

    private static TrainConfig only(Study study) {
        assertEquals(1, study.questions().get(0).methods().size());
        return study.questions().get(0).methods().get(0).train();
    }

    @Test
    void wordsStandForMethods() throws IOException {
        Study study = read("\"methods\": [\"dra\", \"lora:2\", \"lora\", \"full\", \"head\"]");
        List<StudyMethod> methods = study.questions().get(0).methods();
        assertEquals(
                List.of(
                        Dra.DEFAULT,
                        new Lora(2, Lora.DEFAULT.adapter()),
                        Lora.DEFAULT,
                        new FullTuning(),
                        new HeadOnly()),
                methods.stream().map(m -> m.train().method()).toList());
        assertEquals(
                List.of("dra", "lora r=2", "lora r=8", "full", "head"),
                methods.stream().map(StudyMethod::label).toList());
        assertEquals(
                List.of("results", "curves", "sizes"),
                study.questions().stream().map(Question::id).toList());
        assertEquals(methods.get(0).train(), TrainConfig.usual(Dra.DEFAULT, Preset.DEFAULT, 0));
        assertEquals(methods.get(3).train(), TrainConfig.usual(new FullTuning(), Preset.DEFAULT, 0));
        assertEquals(List.of(0L, 1L, 2L), study.seeds());
        assertEquals("leaves", study.data().get(0).name());
        assertEquals("mobilenet_v2_035", study.models().get(0).label());
    }

    /** Under a budget the usual scorer is another, which goes without saying in the label. */
    @Test
    void theStyleChoosesTheScorer() throws IOException {
        String method = "\"methods\": [{\"name\": \"dra\", \"ranks\": {\"budget_mib\": 0.1}}]";
        StudyMethod usual = read(method).questions().get(0).methods().get(0);
        assertEquals(new GradientScorer(), ((Dra) usual.train().method()).scorer());
        assertEquals("dra", usual.label());
        Dra source = (Dra) only(read("\"style\": \"paper\", " + method)).method();
        assertEquals(CkaScorer.DEFAULT, source.scorer());
    }

    @Test
    void onlyWhatDiffersNeedsToBeSaid() throws IOException {
        TrainConfig train = only(
                read(
                        """
                "style": "paper", "calibration_epochs": 3,
                "train": {"epochs": 7, "optimization": {"rate": 0.5, "schedule": "constant"}, "compute": {"precision": "fp32"}},
                "methods": [{"name": "dra", "ranks": {"max": 5}, "train": {"batch_size": 9, "optimization": {"rate": 0.25}}}]
                """));
        Dra dra = (Dra) train.method();
        assertEquals(5, dra.ranks().max());
        assertEquals(Dra.PAPER.ranks().min(), dra.ranks().min());
        assertEquals(3, dra.calibrationEpochs());
        assertEquals(64, dra.calibrationBatchSize());
        assertEquals(7, train.epochs());
        assertEquals(9, train.batchSize());
        assertEquals(0.25, train.optimization().rate());
        assertEquals("CONSTANT", train.optimization().schedule().name());
        assertEquals(HeadPolicy.ADAPTED, train.head());
        assertEquals(Precision.FP32, train.compute().precision());
    }

    @Test
    void aRunsOwnConfigurationCanBePasted() throws IOException {
        for (io.meristem.tune.Method method : List.of(Dra.DEFAULT, Lora.DEFAULT, new FullTuning(), new HeadOnly())) {
            assertEquals(
                    method,
                    only(read("\"methods\": [" + Json.line(method) + "]")).method());
        }
    }

    @Test
    void dataAndModelsInFull() throws IOException {
        Files.writeString(folder.resolve("groups.csv"), "path,group\n");
        Path file = Files.writeString(
                folder.resolve("s.json"),
                """
                {"title": "T", "seeds": [7, 3], "methods": ["head"],
                 "models": [{"name": "mobilenet_v2_035", "label": "small", "weights": "scratch", "size": 48, "crop_fraction": 1, "fit": "squash",
                             "mean": [0.5], "std": [0.1, 0.2, 0.3]},
                            {"name": "mobilenet_v2_035", "weights": "starter", "size": 96}],
                 "data": [{"folder": "a/photos", "split": {"val_fraction": 0.3, "group_csv": "groups.csv", "limit_per_class": 4}, "augmentation": "none"},
                          {"folder": "b/photos", "augmentation": {"flip": 0}}, {"name": "mine", "folder": "c"}]}
                """);
        Study study = StudyReader.file(file, Scale.NONE);
        assertEquals("T", study.title());
        assertEquals(List.of(7L, 3L), study.seeds());
        StudyModel small = study.models().get(0);
        assertEquals("small", small.label());
        assertNull(small.model().weights());
        assertEquals(Fit.SQUASH, small.model().fit());
        assertEquals(List.of(0.5f, 0.5f, 0.5f), small.model().mean());
        assertTrue(study.models().get(1).model().weights().endsWith("starter.safetensors"));
        assertEquals(
                List.of("a/photos", "b/photos", "mine"),
                study.data().stream().map(StudyData::name).toList());
        assertEquals(
                folder.resolve("a/photos").toString(),
                study.data().get(0).data().folder());
        assertEquals(
                folder.resolve("groups.csv"), study.data().get(0).data().split().groupCsv());
        assertEquals(0.15, study.data().get(0).data().split().testFraction());
        assertEquals(Augmentation.NONE, study.data().get(0).data().augmentation());
        assertEquals(0, study.data().get(1).data().augmentation().flip());
        assertEquals(0.5, study.data().get(1).data().augmentation().verticalFlip());
        assertEquals(study, Specs.read(study.json()));
    }

    @Test
    void tablesByNameAndOfOnesOwn() throws IOException {
        Study study = read(
                """
                "methods": ["lora:2"],
                "tables": ["table3", {"id": "mine", "kind": "matrix", "measure": "macro_f1", "title": "Mine"}]
                """);
        assertEquals("table3", study.questions().get(0).published());
        assertEquals(4, study.questions().get(0).methods().size());
        Question mine = study.questions().get(1);
        assertEquals(Question.Kind.MATRIX, mine.kind());
        assertEquals(Measure.MACRO_F1, mine.measure());
        assertEquals("lora r=2", mine.methods().get(0).label());
        assertEquals(study, Specs.read(study.json()));
    }

    @Test
    void theCommandLineGoesFirst() throws IOException {
        Scale scale = new Scale(
                Preset.PAPER,
                List.of("mobilenet_v2_050"),
                List.of("/q"),
                Map.of("mobilenet_v2_050", "scratch"),
                64,
                List.of(0.4f),
                List.of(0.2f),
                11,
                List.of(9L),
                List.of(),
                JsonNodeFactory.instance.objectNode().put("epochs", 2),
                1,
                List.of("DRA"));
        Study study = Specs.read(
                study(
                        "\"calibration_epochs\": 8, \"methods\": [\"lora\", {\"name\": \"dra\", \"calibration_epochs\": 4, \"train\": {\"epochs\": 30}}]"),
                scale);
        TrainConfig train = only(study);
        assertEquals(2, train.epochs());
        assertEquals(1, ((Dra) train.method()).calibrationEpochs());
        assertEquals(HeadPolicy.ADAPTED, train.head());
        assertEquals("mobilenet_v2_050", study.models().get(0).model().name());
        assertEquals(64, study.models().get(0).model().size());
        assertEquals(List.of(0.4f, 0.4f, 0.4f), study.models().get(0).model().mean());
        assertEquals("/q", study.data().get(0).data().folder());
        assertEquals(11, study.data().get(0).data().split().limitPerClass());
        assertEquals(List.of(9L), study.seeds());
    }

    static Stream<Arguments> bad() {
        return Stream.of(
                // what is in the study, and what its sentence must name
                arguments("\"methods\": [\"dra\"], \"epoch\": 3", "no field 'epoch'", "calibration_epochs"),
                arguments("\"methods\": [\"dra\"], \"train\": {\"epoch\": 3}", "no field 'epoch'", "batch_size"),
                arguments(
                        "\"methods\": [\"dra\"], \"train\": {\"optimization\": {\"lr\": 1}}",
                        "train.optimization has no field 'lr'",
                        "rate"),
                arguments("\"methods\": [{\"name\": \"dra\", \"rank\": 3}]", "methods[0] has no field 'rank'", "ranks"),
                arguments("\"methods\": [{\"name\": \"dra\", \"ranks\": {\"maxx\": 3}}]", "methods[0].ranks", "'maxx'"),
                arguments("\"methods\": [{\"rank\": 3}]", "methods[0] has no 'name'", "lora"),
                arguments("\"methods\": [\"prefix\"]", "\"prefix\"", "adalora, dra, dylora, full, head, lora"),
                arguments("\"methods\": [\"lora:x\"]", "lora:x", "number"),
                arguments("\"methods\": [\"lora:0\"]", "methods[0]", "at least 1, not 0"),
                arguments("\"methods\": [\"lora:2.5\"]", "methods[0].rank", "2.5", "whole number"),
                arguments("\"methods\": [\"dra:3\"]", "takes nothing after a colon", ""),
                arguments("\"methods\": [\"full:3\"]", "takes nothing after a colon", ""),
                arguments("\"methods\": [{\"name\": \"lora\", \"rank\": \"8\"}]", "methods[0].rank", "whole number"),
                arguments("\"methods\": [{\"name\": \"lora\", \"rank\": [8]}]", "methods[0].rank", "whole number"),
                arguments("\"methods\": [{\"name\": \"lora\", \"adapter\": 2}]", "methods[0].adapter", "braces"),
                arguments(
                        "\"methods\": [{\"name\": \"dra\", \"ranks\": {\"min\": 9, \"max\": 3}}]",
                        "methods[0].ranks",
                        "'min' and 'max' must satisfy 0 <= least <= greatest and 1 <= greatest, not 9 and 3"),
                arguments("\"methods\": [{\"name\": \"lora\", \"label\": 3}]", "methods[0].label", "a text"),
                arguments("\"methods\": [3]", "methods[0] is 3", "braces"),
                arguments("\"methods\": []", "methods is an empty list", ""),
                arguments("\"methods\": \"dra\"", "methods is \"dra\"", "a list in brackets"),
                arguments("\"seeds\": 2", "asks nothing", "methods"),
                arguments("\"tables\": []", "asks nothing", "methods"),
                arguments("\"tables\": [\"table12\"]", "tables[0] is 'table12'", "fig4"),
                arguments("\"tables\": [{\"id\": \"a\"}]", "tables[0] has no 'methods'", ""),
                arguments("\"tables\": [{\"methods\": [\"dra\"]}]", "tables[0].id", "names files"),
                arguments("\"tables\": [{\"id\": \"../a\", \"methods\": [\"dra\"]}]", "tables[0].id", "'../a'"),
                arguments(
                        "\"tables\": [{\"id\": \"a\", \"kind\": \"pie\", \"methods\": [\"dra\"]}]",
                        "tables[0].kind",
                        "matrix"),
                arguments(
                        "\"tables\": [{\"id\": \"a\", \"measure\": \"beauty\", \"methods\": [\"dra\"]}]",
                        "tables[0].measure",
                        "macro_f1"),
                arguments(
                        "\"tables\": [{\"id\": \"a\", \"published\": \"b\", \"methods\": [\"dra\"]}]",
                        "tables[0].published",
                        "table2"),
                arguments("\"tables\": [{\"id\": \"a\", \"rows\": 3}]", "tables[0] has no field 'rows'", "caption"),
                arguments("\"tables\": [\"table3\", \"table3\"]", "tables[1].id", "another table's"),
                arguments("\"tables\": [7]", "tables[0] is 7", "braces"),
                arguments("\"methods\": [\"dra\"], \"seeds\": 0", "seeds", "from 1"),
                arguments("\"methods\": [\"dra\"], \"seeds\": -1", "seeds", "from 1"),
                arguments("\"methods\": [\"dra\"], \"seeds\": []", "seeds", "empty"),
                arguments("\"methods\": [\"dra\"], \"seeds\": [1, 1]", "seeds", "twice"),
                arguments("\"methods\": [\"dra\"], \"seeds\": \"many\"", "seeds", "a list in brackets"),
                arguments("\"methods\": [\"dra\"], \"seeds\": [1.5]", "seeds[0]", "whole number"),
                arguments("\"methods\": [\"dra\"], \"style\": \"fancy\"", "style", "paper"),
                arguments("\"methods\": [\"dra\"], \"calibration_epochs\": 0", "methods[0]", "at least 1 epoch"),
                arguments("\"methods\": [\"dra\"], \"train\": {\"epochs\": 0}", "methods[0].train", "not 0"),
                arguments("\"methods\": [\"dra\"], \"train\": {\"head\": \"none\"}", "head", "one of trained, adapted"),
                arguments("\"methods\": [\"dra\"], \"train\": {\"seed\": 1}", "train.seed", "'seeds'"),
                arguments("\"methods\": [\"dra\"], \"train\": {\"method\": {}}", "train.method", "'methods'"),
                arguments(
                        "\"methods\": [{\"name\": \"dra\", \"train\": {\"seed\": 1}}]",
                        "methods[0].train.seed",
                        "'seeds'"),
                arguments("\"methods\": [{\"name\": \"dra\", \"train\": 3}]", "methods[0].train is 3", "braces"),
                arguments(
                        "\"methods\": [{\"name\": \"lora\", \"rank\": 2, \"label\": \"x\"}, {\"name\": \"lora\", \"label\": \"x\"}]",
                        "label 'x'",
                        "two different methods"),
                arguments("\"methods\": [{\"name\": \"lora\", \"size_of\": {\"method\": \"dra\"}}]", "'dra'", "add it"),
                arguments(
                        "\"methods\": [\"dra\", {\"name\": \"head\", \"label\": \"h\", \"size_of\": {\"method\": \"dra\"}}]",
                        "'h'",
                        "cannot be given a size"),
                arguments(
                        "\"methods\": [\"dra\", {\"name\": \"lora\", \"size_of\": {\"method\": \"dra\", \"factor\": 0}}]",
                        "methods[1].size_of",
                        "positive"),
                arguments(
                        "\"methods\": [{\"name\": \"lora\", \"size_of\": {}}]", "methods[0].size_of", "needs a method"),
                arguments("\"methods\": [{\"name\": \"lora\", \"size_of\": \"dra\"}]", "methods[0].size_of", "braces"),
                arguments("\"methods\": [\"dra\"], \"methods\": [\"lora\"]", "no JSON in line 1", "Duplicate"));
    }

    @ParameterizedTest
    @MethodSource("bad")
    void whatCannotBeUsedIsNamed(String more, String first, String second) {
        refuses(study(more), first, second);
    }

    private static void refuses(String json, String... words) {
        InputException e = assertThrows(InputException.class, () -> Specs.read(json, Scale.NONE));
        for (String word : words) {
            assertTrue(e.getMessage().contains(word), "'" + word + "' is not in: " + e.getMessage());
        }
        assertTrue(e.getMessage().startsWith("/"), e.getMessage());
        assertFalse(e.getMessage().contains("\n") || e.getMessage().contains("Exception"), e.getMessage());
    }

    static Stream<Arguments> badSubjects() {
        String rest = "\"methods\": [\"dra\"]";
        return Stream.of(
                arguments("{\"data\": [\"/p\"], " + rest + "}", "no models", ""),
                arguments("{\"models\": [], \"data\": [\"/p\"], " + rest + "}", "no models", ""),
                arguments("{\"models\": [" + MODEL + "], " + rest + "}", "no photos", ""),
                arguments(
                        "{\"models\": [{\"weights\": \"scratch\"}], \"data\": [\"/p\"], " + rest + "}",
                        "models[0]",
                        "'name'"),
                arguments(
                        "{\"models\": [" + MODEL + "," + MODEL + "], \"data\": [\"/p\"], " + rest + "}",
                        "models[1]",
                        "label"),
                arguments(
                        "{\"models\": [{\"name\": \"x\", \"colour\": 1}], \"data\": [\"/p\"], " + rest + "}",
                        "'colour'",
                        "crop_fraction"),
                arguments("{\"models\": [4], \"data\": [\"/p\"], " + rest + "}", "models[0] is 4", "braces"),
                arguments(
                        "{\"models\": [" + MODEL + "], \"data\": [{\"name\": \"x\"}], " + rest + "}",
                        "data[0]",
                        "'folder'"),
                arguments(
                        "{\"models\": [" + MODEL + "], \"data\": [\"/p\", \"/p\"], " + rest + "}", "data[1]", "'name'"),
                arguments(
                        "{\"models\": [" + MODEL + "], \"data\": [{\"folder\": \"/p\", \"split\": {\"val\": 1}}], "
                                + rest + "}",
                        "data[0].split has no field 'val'",
                        "val_fraction"),
                arguments(
                        "{\"models\": [" + MODEL
                                + "], \"data\": [{\"folder\": \"/p\", \"split\": {\"val_fraction\": 2}}], " + rest
                                + "}",
                        "data[0].split",
                        "below 1"),
                arguments(
                        "{\"models\": [" + MODEL + "], \"data\": [{\"folder\": \"/p\", \"augmentation\": \"wild\"}], "
                                + rest + "}",
                        "data[0].augmentation",
                        "standard or none"),
                arguments(
                        "{\"models\": [" + MODEL
                                + "], \"data\": [{\"folder\": \"/p\", \"augmentation\": {\"flip\": 2}}], " + rest + "}",
                        "data[0].augmentation",
                        "from 0 to 1"),
                arguments("[1]", "the study is [1]", "braces"),
                arguments("{\"models\": [", "no JSON in line 1", ""),
                arguments("{} {}", "no JSON", ""),
                arguments("", "the study is", "braces"));
    }

    @ParameterizedTest
    @MethodSource("badSubjects")
    void subjectsThatCannotBeUsedAreNamed(String json, String first, String second) {
        refuses(json, first, second);
    }

    @Test
    void refusalsOfOthersComeThrough() {
        for (String[] pair : new String[][] {
            {"{\"name\": \"mobilenet_v9\"}", "no model named"},
            {"{\"name\": \"mobilenet_v2_035\"}", "scratch"},
            {"{\"name\": \"mobilenet_v2_035\", \"weights\": \"none.pth\"}", "no weights file"},
            {"{\"name\": \"mobilenet_v2_035\", \"weights\": \"scratch\", \"size\": 8}", "at least 32"},
            {"{\"name\": \"mobilenet_v2_035\", \"weights\": \"scratch\", \"mean\": [1, 2]}", "one number or three"},
            {"{\"name\": \"mobilenet_v2_035\", \"weights\": \"scratch\", \"std\": [0]}", "standard deviations above 0"},
            {"{\"name\": \"mobilenet_v2_035\", \"weights\": \"scratch\", \"crop_fraction\": 3}", "crop fraction"}
        }) {
            String json = "{\"models\": [" + pair[0] + "], \"data\": [\"/p\"], \"methods\": [\"dra\"]}";
            InputException e = assertThrows(InputException.class, () -> Specs.read(json, Scale.NONE));
            assertTrue(e.getMessage().contains(pair[1]), e.getMessage());
        }
        InputException file =
                assertThrows(InputException.class, () -> StudyReader.file(folder.resolve("no.json"), Scale.NONE));
        assertTrue(file.getMessage().contains("cannot be read"), file.getMessage());
        InputException preset = assertThrows(InputException.class, () -> StudyReader.preset("table99", Scale.NONE));
        assertTrue(preset.getMessage().contains("table7"), preset.getMessage());
    }

    @Test
    void filtersThatFitNothingAreRefused() throws IOException {
        String json = study("\"tables\": [\"table7\", \"table2\"]");
        assertEquals(
                List.of("dra", "lora at 1.5x", "lora at 1x", "lora at 0.5x"),
                Specs.read(json, Specs.filtered("dra", "lora")).questions().get(0).methods().stream()
                        .map(StudyMethod::label)
                        .toList());
        assertEquals(1, Specs.read(json, Specs.filtered("full")).questions().size());
        InputException unknown = assertThrows(InputException.class, () -> Specs.read(json, Specs.filtered("head")));
        assertTrue(unknown.getMessage().contains("lora at 1x"), unknown.getMessage());
        InputException lost = assertThrows(InputException.class, () -> Specs.read(json, Specs.filtered("lora")));
        assertTrue(lost.getMessage().contains("takes its size from 'dra'"), lost.getMessage());
    }

    /** What trains beside factors, how they start and averages are settings like others. */
    @Test
    void newerSettingsAreRead() throws Exception {
        String all =
                """
                "methods": [
                  {"name": "lora", "rank": 0, "train": {"train_norm": "bias", "ema": 0.99}},
                  {"name": "lora", "rank": 2,
                   "adapter": {"alpha": 8, "scaling": "alpha/sqrt(r)", "init_lora_weights": "gradient"},
                   "train": {"train_norm": "affine", "optimization": {"lr_ratio": 4}}},
                  {"name": "lora", "rank": 4, "adapter": {"rank_stabilised": true}},
                  {"name": "lora", "rank": 9, "adapter": {"scaling": "alpha/r"}},
                  {"name": "lora", "rank": 16, "adapter": {"scaling": "alpha/sqrt(r)"}}
                ]""";
        List<StudyMethod> methods = read(all).questions().get(0).methods();
        assertEquals("lora r=0 + norm bias", methods.get(0).label());
        assertEquals(0.99, methods.get(0).train().ema());
        assertEquals("lora r=2 + norm affine", methods.get(1).label());
        assertEquals(4, methods.get(1).train().optimization().lrRatio());
        Lora second = (Lora) methods.get(1).train().method();
        assertEquals(8 / Math.sqrt(2), second.adapter().scaling(2), 1e-12);
        Lora third = (Lora) methods.get(2).train().method();
        assertEquals(1, third.adapter().scaling(4));
        // The usual alpha belongs to the usual formula.
        Lora fourth = (Lora) methods.get(3).train().method();
        assertEquals(2, fourth.adapter().scaling(9));
        Lora fifth = (Lora) methods.get(4).train().method();
        assertEquals(0.5, fifth.adapter().scaling(16));
    }
}
