package io.meristem.job;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.InputException;
import io.meristem.artifact.RunConfig;
import io.meristem.artifact.RunFolder;
import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import io.meristem.exchange.AdapterFormat;
import io.meristem.exchange.ClassifierFile;
import io.meristem.exchange.ClassifierInfo;
import io.meristem.exchange.ExportFormat;
import io.meristem.exchange.MergedFormat;
import io.meristem.exchange.PeftFormat;
import io.meristem.execute.Network;
import io.meristem.execute.SharedNumbers;
import io.meristem.rank.RankOptions;
import io.meristem.testing.ColourPhotos;
import io.meristem.testing.TinyRuns;
import io.meristem.tune.DyLora;
import io.meristem.tune.FullTuning;
import io.meristem.tune.HeadOnly;
import io.meristem.tune.HeadPolicy;
import io.meristem.tune.HeadStart;
import io.meristem.tune.Method;
import io.meristem.tune.NormPolicy;
import io.meristem.tune.NormTraining;
import io.meristem.tune.Optimization;
import io.meristem.tune.TrainConfig;
import io.meristem.weights.NetworkState;
import io.meristem.weights.Safetensors;
import io.meristem.weights.TensorFile;
import io.meristem.zoo.Models;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs of every method go out in every format that can express them and come back as the same network. */
class ExportTest {

    private static final int EPOCHS = 3;

    /** The methods of training, with what else decides what an export must hold. */
    enum Trained {
        DRA(TinyRuns.dra(new RankOptions(1, 4, 0, false)), HeadPolicy.TRAINED, NormPolicy.RECALIBRATED),
        DRA_PAPER(TinyRuns.dra(new RankOptions(0, 3, 0, false)), HeadPolicy.ADAPTED, NormPolicy.FROZEN),
        LORA(TinyRuns.lora(), HeadPolicy.TRAINED, NormPolicy.TRAINED),
        ADALORA(TinyRuns.adaLora(3, 2, 0), HeadPolicy.TRAINED, NormPolicy.FROZEN),
        DYLORA(TinyRuns.dyLora(false), HeadPolicy.TRAINED, NormPolicy.FROZEN),
        DRA_AFFINE(
                TinyRuns.dra(new RankOptions(0, 4, 0.15, false)),
                HeadPolicy.ADAPTED,
                NormPolicy.RECALIBRATED,
                NormTraining.AFFINE),
        LORA_BIAS(TinyRuns.lora(), HeadPolicy.TRAINED, NormPolicy.FROZEN, NormTraining.BIAS),
        DYLORA_BIAS(TinyRuns.dyLora(false), HeadPolicy.TRAINED, NormPolicy.FROZEN, NormTraining.BIAS),
        HEAD(new HeadOnly(), HeadPolicy.TRAINED, NormPolicy.FROZEN),
        FULL(new FullTuning(), HeadPolicy.TRAINED, NormPolicy.TRAINED);

        private final Method method;
        private final HeadPolicy head;
        private final NormPolicy norm;
        private final NormTraining trainNorm;

        Trained(Method method, HeadPolicy head, NormPolicy norm) {
            this(method, head, norm, NormTraining.NONE);
        }

        Trained(Method method, HeadPolicy head, NormPolicy norm, NormTraining trainNorm) {
            this.trainNorm = trainNorm;
            this.method = method;
            this.head = head;
            this.norm = norm;
        }

        Integer rank() {
            return method instanceof DyLora ? 2 : null;
        }
    }

    @TempDir
    static Path folder;

    private static Path photos;
    private static Path weights;

    @TempDir
    Path place;

    @BeforeAll
    static void prepare() throws IOException {
        Engine.start(1);
        photos = ColourPhotos.write(folder.resolve("photos"), 4, 2, 2);
        weights = TinyRuns.pretrained(folder);
    }

    private static Path run(Trained trained) {
        return run(trained, weights, trained.name());
    }

    /** Trained once for all tests. */
    private static Path run(Trained trained, Path base, String name) {
        Path out = folder.resolve(name);
        if (!Files.exists(out)) {
            TrainConfig train = TrainConfig.builder(trained.method, EPOCHS, 8, 1, TinyRuns.FALLING)
                    .head(trained.head)
                    .norm(trained.norm)
                    .build();
            double ema = trained.trainNorm == NormTraining.NONE ? 0 : 0.9;
            RunConfig config = TinyRuns.run(train.with(trained.trainNorm, ema), photos, base);
            TrainJob.run(config, out, folder.resolve("cache"), JobListener.NONE);
        }
        return out;
    }

    private static float[] logits(Network network) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            network.train(false);
            Tensor x = Tensors.channelsLast(SharedNumbers.tensor("input", -1, 1, 2, 3, 32, 32));
            return Tensors.toFloats(network.forward(x));
        }
    }

    private static float[] logits(Path run, Integer rank) {
        try (Network network = Networks.merged(RunFolder.open(run).at(rank))) {
            return logits(network);
        }
    }

    private void comesBack(Trained trained, ExportFormat format, boolean ownBase) {
        Path to = place.resolve(format.ending() == null ? "export" : "export" + format.ending());
        Path run = run(trained);
        long before = Tensors.kept();
        ExportJob.Written written = ExportJob.run(run, trained.rank(), format, to, 1);
        assertTrue(Files.isRegularFile(written.card()));
        Path back = place.resolve("back");
        boolean based = ownBase || Files.exists(to.resolve("base_model.safetensors"));
        ImportJob.run(importing(to, based ? null : weights), back, 1);
        assertEquals(before, Tensors.kept());
        assertArrayEquals(logits(run, trained.rank()), logits(back, null), 1e-4f, trained + " " + format.label());
        assertEquals(ColourPhotos.CLASSES, RunFolder.open(back).classes());
        assertEquals(
                RunFolder.open(run).config().model().preprocess(),
                RunFolder.open(back).config().model().preprocess());
    }

    private static ImportJob.Request importing(Path source, Path base) {
        return ImportJob.Request.of(source).withWeights(base == null ? null : base.toString());
    }

    @ParameterizedTest
    @EnumSource
    void aMergedNetworkComesBack(Trained trained) {
        comesBack(trained, new MergedFormat(), true);
        Path file = place.resolve("export.safetensors");
        ClassifierFile classifier = ClassifierFile.open(file);
        assertEquals(ColourPhotos.CLASSES, classifier.classes());
        try (Network network = classifier.network()) {
            assertArrayEquals(logits(run(trained), trained.rank()), logits(network), 1e-4f);
        }
        try (TensorFile tensors = TensorFile.open(file)) {
            assertEquals(
                    List.of(),
                    tensors.tensors().get("features.0.1.num_batches_tracked").shape());
        }
    }

    /** A list of names is no reason to take memory for a head. */
    @Test
    void moreClassesThanTheFileHoldsAreRefused() throws IOException {
        Path file = place.resolve("export.safetensors");
        ExportJob.run(run(Trained.LORA), null, new MergedFormat(), file, 1);
        Path other = place.resolve("many.safetensors");
        try (TensorFile tensors = TensorFile.open(file);
                PointerScope scope = new PointerScope()) {
            String names =
                    IntStream.range(0, 1_000_000).mapToObj(i -> "\"" + i + "\"").collect(Collectors.joining(","));
            Map<String, String> metadata = new HashMap<>(tensors.metadata());
            metadata.computeIfPresent(
                    ClassifierInfo.KEY,
                    (key, json) -> json.replaceFirst("\"classes\":\\[[^\\]]*\\]", "\"classes\":[" + names + "]"));
            Map<String, Tensor> values = new HashMap<>();
            tensors.tensors().keySet().forEach(name -> values.put(name, tensors.read(name)));
            Safetensors.write(other, values, metadata);
        }
        ClassifierFile classifier = ClassifierFile.open(other);
        assertEquals(1_000_000, classifier.classes().size());
        InputException e = assertThrows(InputException.class, classifier::network);
        assertTrue(e.getMessage().contains("with 1000000 classes has"), e.getMessage());
    }

    @ParameterizedTest
    @EnumSource(names = "FULL", mode = EnumSource.Mode.EXCLUDE)
    void whatWasTrainedComesBack(Trained trained) {
        comesBack(trained, new AdapterFormat(), false);
    }

    @ParameterizedTest
    @EnumSource(
            names = {"FULL", "HEAD"},
            mode = EnumSource.Mode.EXCLUDE)
    void anAdapterForPeftComesBack(Trained trained) {
        comesBack(trained, new PeftFormat(true, trained == Trained.ADALORA), false);
        assertFalse(
                Files.exists(place.resolve("back").resolve(RunFolder.RESULT)), "nothing was measured on the imported");
    }

    @Test
    void anImportedRunIsJudgedAndExportedAgain() {
        Path run = run(Trained.LORA);
        ExportJob.run(run, null, new PeftFormat(true, false), place.resolve("peft"), 1);
        Path back = place.resolve("back");
        ImportJob.run(importing(place.resolve("peft"), null), back, 1);
        Path cache = folder.resolve("cache");
        refuses("give the photo folder", () -> EvaluateJob.run(back, null, null, 1, cache, JobListener.NONE));
        assertEquals(
                EvaluateJob.run(run, photos, null, 1, cache, JobListener.NONE)
                        .scores()
                        .accuracy(),
                EvaluateJob.run(back, photos, null, 1, cache, JobListener.NONE)
                        .scores()
                        .accuracy());
        ExportJob.run(back, null, new PeftFormat(false, true), place.resolve("again"), 1);
        ImportJob.run(importing(place.resolve("again"), null), place.resolve("third"), 1);
        assertArrayEquals(logits(run, null), logits(place.resolve("third"), null), 1e-4f);
    }

    @Test
    void aRunFromRandomWeightsBringsItsBase() {
        Path run = run(Trained.LORA, null, "scratch");
        ExportJob.run(run, null, new PeftFormat(true, false), place.resolve("peft"), 1);
        ImportJob.run(importing(place.resolve("peft"), null), place.resolve("back"), 1);
        assertArrayEquals(logits(run, null), logits(place.resolve("back"), null), 1e-4f);
        refuses(
                "random weights",
                () -> ExportJob.run(run, null, new AdapterFormat(), place.resolve("a.safetensors"), 1));
    }

    @Test
    void trainingGoesOnFromAnImportedNetworkWithItsHead() {
        ExportJob.run(run(Trained.LORA), null, new MergedFormat(), place.resolve("m.safetensors"), 1);
        ImportJob.run(importing(place.resolve("m.safetensors"), null), place.resolve("in"), 1);
        Path from = place.resolve("in").resolve(RunFolder.BEST);
        // A rate of nearly nothing shows that it starts where the imported network is.
        Optimization still = Optimization.plain(1e-9).withMomentum(0.9).withClipNorm(1);
        TrainConfig train = TrainConfig.builder(TinyRuns.lora(), 1, 8, 1, still)
                .headStart(HeadStart.KEPT)
                .build();
        TrainJob.run(TinyRuns.run(train, photos, from), place.resolve("on"), folder.resolve("cache"), JobListener.NONE);
        assertArrayEquals(logits(place.resolve("in"), null), logits(place.resolve("on"), null), 1e-3f);
        refuses(
                "classes",
                () -> Networks.pretrained(
                        RunFolder.open(place.resolve("on")).config().model(),
                        List.of("a", "b", "c"),
                        HeadStart.KEPT,
                        1));
    }

    private static void refuses(String words, org.junit.jupiter.api.function.Executable action) {
        InputException e = assertThrows(InputException.class, action);
        assertTrue(e.getMessage().contains(words), "'" + words + "' is not in: " + e.getMessage());
    }

    @Test
    void whatAFormatCannotExpressIsRefusedAndLeavesNothing() throws IOException {
        Path to = place.resolve("adapter");
        PeftFormat peft = new PeftFormat(false, false);
        refuses("features.1.conv.0.0", () -> ExportJob.run(run(Trained.LORA), null, peft, to, 1));
        refuses("merging of grouped convolutions", () -> ExportJob.run(run(Trained.LORA), null, peft, to, 1));
        refuses("no adapter", () -> ExportJob.run(run(Trained.HEAD), null, peft, to, 1));
        refuses("no adapter", () -> ExportJob.run(run(Trained.FULL), null, peft, to, 1));
        Path file = place.resolve("adapter.safetensors");
        refuses("all weights", () -> ExportJob.run(run(Trained.FULL), null, new AdapterFormat(), file, 1));
        refuses("one rank only", () -> ExportJob.run(run(Trained.LORA), 1, new AdapterFormat(), file, 1));
        refuses(".safetensors", () -> ExportJob.run(run(Trained.LORA), null, new MergedFormat(), to, 1));
        try (Stream<Path> left = Files.list(place)) {
            assertEquals(List.of(), left.toList());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"taken.safetensors", "taken.safetensors.md"})
    void whatIsThereStays(String name) throws IOException {
        Files.writeString(place.resolve(name), "mine");
        refuses(
                "there already",
                () -> ExportJob.run(
                        run(Trained.HEAD), null, new MergedFormat(), place.resolve("taken.safetensors"), 1));
        assertEquals("mine", Files.readString(place.resolve(name)));
    }

    @Test
    void aPlaceThatCannotBeWrittenIsNamed() throws IOException {
        Files.writeString(place.resolve("file"), "");
        Path to = place.resolve("file").resolve("a.safetensors");
        refuses("Nothing can be written to", () -> ExportJob.run(run(Trained.HEAD), null, new MergedFormat(), to, 1));
    }

    @Test
    void anAdapterOnOtherWeightsIsRefused() throws IOException {
        ExportJob.run(run(Trained.LORA), null, new AdapterFormat(), place.resolve("a.safetensors"), 1);
        Path other = place.resolve("other.safetensors");
        try (Network network = new Network(Models.find(TinyRuns.MODEL), 10)) {
            NetworkState.write(other, network.materialize(78), NetworkState.ALL, Map.of());
        }
        refuses(
                "SHA-256",
                () -> ImportJob.run(importing(place.resolve("a.safetensors"), other), place.resolve("r"), 1));
        ImportJob.Request misnamed = ImportJob.Request.of(place.resolve("a.safetensors"))
                .withWeights(weights.toString())
                .withClasses(List.of("a", "b", "c"));
        refuses("blue, green, red", () -> ImportJob.run(misnamed, place.resolve("r"), 1));
        assertFalse(Files.exists(place.resolve("r")));
    }

    /** One of three wins, and file and card are both of it; the others are told. */
    @Test
    void threeExportsToOnePlaceAreNotMixed() throws Exception {
        List<Trained> runs = List.of(Trained.LORA, Trained.ADALORA, Trained.DRA);
        runs.forEach(ExportTest::run);
        for (ExportFormat format : List.of(new MergedFormat(), new PeftFormat(true, false))) {
            Path to = place.resolve(format.ending() == null ? "adapter" : "leaf" + format.ending());
            CyclicBarrier start = new CyclicBarrier(runs.size());
            ExecutorService threads = Executors.newFixedThreadPool(runs.size());
            List<Trained> winners = new ArrayList<>();
            List<String> told = new ArrayList<>();
            try {
                List<Future<ExportJob.Written>> all = new ArrayList<>();
                for (Trained trained : runs) {
                    all.add(threads.submit(() -> {
                        start.await();
                        return ExportJob.run(run(trained), null, format, to, 1);
                    }));
                }
                for (int i = 0; i < all.size(); i++) {
                    try {
                        all.get(i).get();
                        winners.add(runs.get(i));
                    } catch (ExecutionException e) {
                        assertInstanceOf(InputException.class, e.getCause());
                        told.add(e.getCause().getMessage());
                    }
                }
            } finally {
                threads.shutdownNow();
            }
            assertEquals(1, winners.size(), told.toString());
            for (String sentence : told) {
                assertTrue(
                        sentence.contains("meanwhile, and stays") || sentence.contains("is there already"), sentence);
            }
            Trained winner = winners.get(0);
            Path card = format.ending() == null ? to.resolve("README.md") : to.resolveSibling("leaf.safetensors.md");
            assertTrue(Files.readString(card).contains("the method `" + winner.method.label() + "`"));
            Path back = place.resolve("back-" + format.label());
            ImportJob.run(
                    importing(
                            to,
                            Files.exists(to.resolve("base_model.safetensors")) || format.ending() != null
                                    ? null
                                    : weights),
                    back,
                    1);
            assertArrayEquals(logits(run(winner), null), logits(back, null), 1e-4f);
        }
        noPartIsLeft();
    }

    private void noPartIsLeft() throws IOException {
        try (Stream<Path> left = Files.list(place)) {
            assertEquals(
                    List.of(),
                    left.filter(path -> path.getFileName().toString().startsWith("."))
                            .toList());
        }
    }

    /** The file was written, and the card was put beside its place, perhaps in half, when the kill came. */
    @Test
    void aKillBetweenCardAndFileLeavesThePlaceFree() throws IOException {
        Path to = place.resolve("leaf.safetensors");
        Path card = place.resolve("leaf.safetensors.md");
        Path left = Files.createDirectory(place.resolve(".leaf.safetensors.0b6f8a2e-0000-4000-8000-000000000000.part"));
        Files.writeString(left.resolve("meristem.lock"), "Meristem works here.\n");
        Files.writeString(left.resolve("export"), "numbers");
        Files.writeString(left.resolve("README.md"), "# A card\n\nof a killed export");
        Files.writeString(card, "# A card\n");
        ExportJob.run(run(Trained.LORA), null, new MergedFormat(), to, 1);
        assertTrue(Files.readString(card).contains("Loading"));
        noPartIsLeft();
    }

    /** One that no kill explains is not taken away. */
    @Test
    void somebodysCardStays() throws IOException {
        Path card = Files.writeString(place.resolve("leaf.safetensors.md"), "my notes");
        Path left = Files.createDirectory(place.resolve(".leaf.safetensors.0b6f8a2e-0000-4000-8000-000000000000.part"));
        Files.writeString(left.resolve("meristem.lock"), "Meristem works here.\n");
        Files.writeString(left.resolve("export"), "numbers");
        Files.writeString(left.resolve("README.md"), "# A card\n");
        InputException e = assertThrows(
                InputException.class,
                () -> ExportJob.run(run(Trained.LORA), null, new MergedFormat(), place.resolve("leaf.safetensors"), 1));
        assertTrue(e.getMessage().contains("is there already"), e.getMessage());
        assertEquals("my notes", Files.readString(card));
    }

    @Test
    void theCardTellsWhatOneMustKnow() throws IOException {
        ExportJob.Written written =
                ExportJob.run(run(Trained.DYLORA), 2, new MergedFormat(), place.resolve("leaf.safetensors"), 1);
        String card = Files.readString(written.card());
        for (String words : List.of(
                "mobilenet_v2_035",
                "cut to rank 2",
                "| 0 | blue | 4 | 2 | 2 |",
                "On 6 test photos",
                "95 % interval",
                "seed 1",
                "not calibrated: the temperature has stayed 1",
                "licence is not known",
                "width_mult=0.35",
                "load_file(\"leaf.safetensors\")",
                "transforms.CenterCrop(32)",
                "classes = [\"blue\", \"green\", \"red\"]")) {
            assertTrue(card.contains(words), "'" + words + "' is not in:\n" + card);
        }
    }
}
