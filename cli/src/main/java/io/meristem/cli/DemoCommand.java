package io.meristem.cli;

import io.meristem.Home;
import io.meristem.adapter.AdapterOptions;
import io.meristem.artifact.RunConfig;
import io.meristem.artifact.RunPlace;
import io.meristem.artifact.RunResult;
import io.meristem.data.feed.Augmentation;
import io.meristem.data.folder.SplitOptions;
import io.meristem.job.Starter;
import io.meristem.job.TrainJob;
import io.meristem.rank.Scorer;
import io.meristem.synth.LeafOptions;
import io.meristem.synth.SynthOptions;
import io.meristem.tune.Dra;
import io.meristem.tune.HeadOnly;
import io.meristem.tune.Lora;
import io.meristem.tune.Method;
import io.meristem.tune.Optimization;
import io.meristem.tune.Preset;
import io.meristem.tune.TrainConfig;
import io.meristem.zoo.ModelSpec;
import io.meristem.zoo.Models;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        abbreviateSynopsis = true,
        description = {
            "Shows the whole way in about two minutes, offline: draws a SYNTHETIC set of leaf pictures, fine-tunes the small starter network on it",
            "as 'train' does when nothing is said, and compares with LoRA of rank 8 and with a linear head on frozen features."
        })
final class DemoCommand implements Callable<Integer> {

    private static final int LORA_RANK = 8;
    private static final double HUNDRED = 100;

    /** Between {@link LeafOptions#easy} and {@link LeafOptions#standard}: a small network can learn it from few pictures, a linear head cannot. */
    private static final LeafOptions LEAVES = new LeafOptions(0.55f, 1, 0.35f, 2, 0.2f);

    @Spec
    CommandSpec spec;

    @Option(
            names = "--out",
            defaultValue = "demo-run",
            paramLabel = "FOLDER",
            description = "A new folder for pictures and runs. Default: ${DEFAULT-VALUE}.")
    Path out;

    @Option(
            names = "--seed",
            defaultValue = "0",
            paramLabel = "N",
            description = "The same number gives the same demo. Default: ${DEFAULT-VALUE}.")
    long seed;

    @Option(
            names = "--per-class",
            defaultValue = "80",
            paramLabel = "N",
            description = "Training pictures of each of the ten classes. Default: ${DEFAULT-VALUE}.")
    int perClass;

    @Option(
            names = "--epochs",
            defaultValue = "14",
            paramLabel = "N",
            description = "Passes over them. Default: ${DEFAULT-VALUE}.")
    int epochs;

    @Option(
            names = ScorerNames.OPTION,
            paramLabel = "NAME",
            converter = ScorerNames.class,
            completionCandidates = ScorerNames.class,
            description = ScorerNames.DESCRIPTION + " Default: gradient.")
    Scorer scorer;

    @Mixin
    ComputeOptions compute;

    @Mixin
    Threads threads;

    @Override
    public Integer call() throws IOException {
        PrintWriter console = spec.commandLine().getOut();
        RunPlace.refuseUnlessFree(out);
        Environment.warn(spec.commandLine().getErr());
        Path photos = out.resolve("photos");
        SynthOptions leaves = SynthOptions.leaves(
                        perClass, atLeastOne(perClass / 3), atLeastOne(perClass / 2), Starter.SIZE, seed)
                .withLeaf(LEAVES);
        Map<Method, RunConfig> configs = configs(photos);
        say(
                console,
                "Drawing SYNTHETIC leaf pictures into " + photos
                        + ": no photographs, these figures say nothing about real plants.");
        Drawing.write(photos, leaves);
        Map<Method, RunResult> results = new LinkedHashMap<>();
        configs.forEach((method, config) -> {
            say(console, "");
            say(console, title(method));
            try (Reporter reporter = Reporter.of(console, new OutputOptions(), epochs)) {
                results.put(method, TrainJob.run(config, out.resolve(folder(method)), Home.photos(), reporter));
            }
        });
        summary(console, results);
        return 0;
    }

    private Map<Method, RunConfig> configs(Path photos) {
        Dra usual = Dra.DEFAULT;
        Dra dra = scorer == null ? usual : usual.withScorer(scorer);
        List<Method> methods = List.of(dra, new Lora(LORA_RANK, AdapterOptions.DEFAULT), new HeadOnly());
        Map<Method, RunConfig> configs = new LinkedHashMap<>();
        for (Method method : methods) {
            configs.put(method, config(method, photos));
        }
        return configs;
    }

    private RunConfig config(Method method, Path photos) {
        ModelSpec model = Models.find(Starter.MODEL);
        Optimization optimization = Optimization.plain(4e-3)
                .withWeightDecay(0.01)
                .withMomentum(0.9)
                .withSchedule(Optimization.Schedule.COSINE)
                .withWarmup(0.5)
                .withClipNorm(1);
        return new RunConfig(
                RunConfig.Model.of(model)
                        .withWeights(Starter.file(model).toString())
                        .withSize(Starter.SIZE),
                new RunConfig.Data(
                        photos.toAbsolutePath().normalize().toString(),
                        SplitOptions.defaults(),
                        Augmentation.standard()),
                TrainConfig.builder(method, epochs, Preset.DEFAULT.batchSize, seed, optimization)
                        .compute(compute.resolve())
                        .build(),
                threads.count());
    }

    private static int atLeastOne(int pictures) {
        return Math.max(1, pictures);
    }

    private static String title(Method method) {
        if (method instanceof Dra) {
            return "The default: DRA. One character a layer from the input to the output shows its rank (a = 10, b = 11, ...).";
        }
        if (method instanceof Lora lora) {
            return "For comparison: LoRA, rank " + lora.rank() + " on every layer.";
        }
        if (method instanceof HeadOnly) {
            return "For comparison: nothing but a new head, on features as they were.";
        }
        throw new IllegalArgumentException("the demo has no title for " + method.label());
    }

    private static String folder(Method method) {
        return method.label().replace(" r=", "-r").replace(' ', '-');
    }

    private void summary(PrintWriter console, Map<Method, RunResult> results) {
        Table table = new Table("method", "adapter MiB", "head MiB", "val %", "test %", "95 % interval", "s/epoch");
        results.forEach((method, r) -> table.row(
                method.label(),
                String.format(Locale.ROOT, "%.2f", r.averageMib()),
                String.format(Locale.ROOT, "%.2f", r.headMib()),
                String.format(Locale.ROOT, "%.1f", 100 * r.val().accuracy()),
                String.format(Locale.ROOT, "%.1f", 100 * r.test().accuracy()),
                r.test().interval().percent(),
                String.format(Locale.ROOT, "%.1f", r.secondsPerEpoch())));
        console.println();
        console.printf(
                Locale.ROOT,
                "On %d synthetic test pictures, one seed each; the adapter's size is the mean over the epochs:%n%n",
                results.values().iterator().next().test().photos());
        table.print(console);
        console.println();
        Method usual = results.keySet().iterator().next();
        console.println(adapted(results.get(usual)));
        console.println();
        console.println("The runs are in " + out + "; try: ./meristem predict " + out.resolve(folder(usual)) + " "
                + out.resolve("photos/test/rust"));
        console.flush();
    }

    /** What was adapted and why, in plain words. */
    private static String adapted(RunResult usual) {
        return String.format(
                Locale.ROOT,
                """
                What was adapted: the network had learned from photographs of other things. It was kept as it was, and
                layers got small corrections, products of two thin matrices, which hold %.0f %% as many numbers as the
                network. Before training, a few pictures were shown to it, to see at which layers the error pulls
                hardest: those got most of the room, and some got none. A new last layer tells the classes apart. The
                head alone falls behind because it cannot change what the network looks for.\
                """,
                HUNDRED * usual.averageMib() / (usual.modelMib() - usual.headMib()));
    }

    private static void say(PrintWriter console, String line) {
        console.println(line);
        console.flush();
    }
}
