package io.meristem.golden;

import io.meristem.CancelToken;
import io.meristem.adapter.AdapterOptions;
import io.meristem.adapter.LoraInit;
import io.meristem.adapter.LoraScaling;
import io.meristem.artifact.RunConfig;
import io.meristem.data.feed.Augmentation;
import io.meristem.data.folder.SplitOptions;
import io.meristem.engine.Engine;
import io.meristem.exchange.AdapterFormat;
import io.meristem.exchange.PeftFormat;
import io.meristem.job.ExportJob;
import io.meristem.job.JobListener;
import io.meristem.job.Starter;
import io.meristem.job.TrainJob;
import io.meristem.rank.RankOptions;
import io.meristem.tune.AdaLora;
import io.meristem.tune.Dra;
import io.meristem.tune.DyLora;
import io.meristem.tune.HeadOnly;
import io.meristem.tune.HeadStart;
import io.meristem.tune.Lora;
import io.meristem.tune.Method;
import io.meristem.tune.NormTraining;
import io.meristem.tune.OnDivergence;
import io.meristem.tune.Optimization;
import io.meristem.tune.TrainConfig;
import io.meristem.zoo.Models;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Makes golden runs of the version that it is compiled with; {@code golden/README.md} in the test resources says how. */
final class GoldenRunsMaker {

    private static final Optimization OPTIMIZATION = Optimization.plain(2e-3)
            .withWeightDecay(0.01)
            .withMomentum(0.9)
            .withSchedule(Optimization.Schedule.COSINE)
            .withClipNorm(1);

    /** Of these, only some layers differ from the starter network. */
    private static final List<String> SPARSE = List.of("dra", "head");

    private final Path place;

    private GoldenRunsMaker(Path place) {
        this.place = place;
    }

    /** @param args a folder below {@link GoldenRuns#PLACE} for the runs, and the folder of the test resources for what is kept of them */
    public static void main(String[] args) throws IOException {
        Path place = Path.of(args[0]);
        Path kept = Path.of(args[1]);
        Path photos = Path.of(GoldenRuns.PLACE, "photos");
        if (!Files.exists(photos)) {
            copy(GoldenRuns.photos(), photos);
        }
        Engine.start(1);
        if (!Files.exists(place)) {
            new GoldenRunsMaker(place).makeAll();
        }
        try (Stream<Path> runs = Files.list(place)) {
            for (Path run : runs.toList()) {
                String name = run.getFileName().toString();
                GoldenRuns.pack(run, SPARSE.contains(name), kept.resolve(name));
            }
        }
    }

    private void makeAll() {
        RankOptions few = new RankOptions(0, 1, 0.0015, false);
        make("dra", Dra.PAPER.withRanks(few).withCalibration(1, 1, 8).with(AdapterOptions.PAPER), 4, 1);
        Path dra = place.resolve("dra").resolve(GoldenRuns.FINISHED);
        ExportJob.run(dra, null, new PeftFormat(true, false), dra.resolveSibling("peft"), 1);
        ExportJob.run(dra, null, new AdapterFormat(), dra.resolveSibling("adapter.safetensors"), 1);
        make("lora", new Lora(1, new AdapterOptions(4, true, 0.1)), 2, 0);
        make("adalora", AdaLora.of(1, 0, 0.02).withShares(0, 0.34).withInterval(2), 2, 0);
        make("dylora", new DyLora(1, 2, false, List.of(2, 1), AdapterOptions.PAPER), 2, 0);
        make("head", new HeadOnly(), 3, 1);
        AdapterOptions orthogonal = new AdapterOptions(4, LoraScaling.CONSTANT, 0, LoraInit.ORTHOGONAL, false);
        make(
                "biases",
                TrainConfig.builder(
                                new Lora(0, orthogonal),
                                3,
                                8,
                                5,
                                OPTIMIZATION.withLrRatio(2).withRate(5e-4))
                        .headStart(HeadStart.RIDGE)
                        .onDivergence(OnDivergence.LOWER_LR)
                        .trainNorm(NormTraining.BIAS)
                        .ema(0.8)
                        .build(),
                0);
    }

    private void make(String name, Method method, int epochs, int done) {
        make(name, TrainConfig.of(method, epochs, 8, 5, OPTIMIZATION), done);
    }

    /** A run, and what a kill at the second step after {@code done} epochs would have left of it. */
    private void make(String name, TrainConfig train, int done) {
        RunConfig config = new RunConfig(
                RunConfig.Model.of(Models.find(Starter.MODEL))
                        .withWeights(GoldenRuns.weights().toString())
                        .withSize(32)
                        .withColours(List.of(0.5f, 0.5f, 0.5f), List.of(0.25f, 0.25f, 0.25f)),
                new RunConfig.Data(GoldenRuns.PLACE + "/photos", SplitOptions.defaults(), Augmentation.standard()),
                train,
                1);
        Path run = place.resolve(name).resolve(GoldenRuns.FINISHED);
        Path stopped = run.resolveSibling(GoldenRuns.STOPPED);
        JobListener killer = new JobListener() {
            @Override
            public void onStep(int epoch, int step, int steps, double loss) {
                if (epoch == done + 1 && step == 2) {
                    copy(run, stopped);
                }
            }
        };
        TrainJob.run(config, run, Path.of(GoldenRuns.PLACE, "cache"), 1, killer, new CancelToken());
    }

    private static void copy(Path from, Path to) {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else if (!file.endsWith("lock")) {
                    Files.copy(file, target);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
