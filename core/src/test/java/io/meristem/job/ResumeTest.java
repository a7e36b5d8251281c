package io.meristem.job;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.CancelToken;
import io.meristem.CancelledException;
import io.meristem.InputException;
import io.meristem.adapter.AdapterOptions;
import io.meristem.adapter.LoraInit;
import io.meristem.adapter.LoraScaling;
import io.meristem.artifact.Checkpoints;
import io.meristem.artifact.RunConfig;
import io.meristem.artifact.RunFolder;
import io.meristem.artifact.StoppedRun;
import io.meristem.engine.ComputeDevice;
import io.meristem.engine.Engine;
import io.meristem.engine.Precision;
import io.meristem.engine.Tensors;
import io.meristem.rank.RandomScorer;
import io.meristem.rank.RankOptions;
import io.meristem.rank.Scorer;
import io.meristem.rank.UpdateScorer;
import io.meristem.testing.ColourPhotos;
import io.meristem.testing.TinyRuns;
import io.meristem.tune.Compute;
import io.meristem.tune.Dra;
import io.meristem.tune.DyLora;
import io.meristem.tune.EpochReport;
import io.meristem.tune.FullTuning;
import io.meristem.tune.HeadOnly;
import io.meristem.tune.HeadPolicy;
import io.meristem.tune.HeadStart;
import io.meristem.tune.Lora;
import io.meristem.tune.Method;
import io.meristem.tune.NormPolicy;
import io.meristem.tune.NormTraining;
import io.meristem.tune.OnDivergence;
import io.meristem.tune.Optimization;
import io.meristem.tune.TrainConfig;
import io.meristem.tune.Updates;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A run that was stopped ends with the same bytes as one that was not. */
class ResumeTest {

    private static final int EPOCHS = 4;

    private static final Optimization SGD = Optimization.plain(2e-2)
            .withKind(Optimization.Kind.SGD)
            .withWeightDecay(0.01)
            .withMomentum(0.9)
            .withSchedule(Optimization.Schedule.COSINE)
            .withWarmup(0.5)
            .withClipNorm(1)
            .withLabelSmoothing(0.1)
            .withClassWeights(true);

    @TempDir
    static Path folder;

    private static Path photos;
    private static Path weights;

    @TempDir
    Path place;

    /** A training by name. */
    record Case(String name, TrainConfig train) {
        @Override
        public String toString() {
            return name;
        }
    }

    @BeforeAll
    static void prepare() throws IOException {
        Engine.start(1);
        photos = ColourPhotos.write(folder.resolve("photos"), 8, 2, 1);
        weights = TinyRuns.pretrained(folder);
    }

    private static Case plain(String name, Method method) {
        // Through a random network with the statistics that it begins with hardly any gradient comes.
        return of(
                name,
                method,
                TinyRuns.FALLING,
                HeadPolicy.TRAINED,
                NormPolicy.RECALIBRATED,
                Precision.FP32,
                false,
                HeadStart.RANDOM);
    }

    /** DRA merges late. */
    private static int epochs(Method method) {
        if (!(method instanceof Dra dra)) {
            return EPOCHS;
        }
        boolean settled = dra.updates().when() == Updates.When.SETTLED;
        return dra.updates().way() == Updates.Kind.WARM ? 10 : EPOCHS + (settled ? 4 : 1);
    }

    private static Case of(
            String name,
            Method method,
            Optimization optimization,
            HeadPolicy head,
            NormPolicy norm,
            Precision precision,
            boolean checkpointing,
            HeadStart start) {
        Compute compute = new Compute(precision, ComputeDevice.CPU, false, checkpointing);
        return new Case(
                name,
                TrainConfig.builder(method, epochs(method), 8, 4, optimization)
                        .head(head)
                        .norm(norm)
                        .compute(compute)
                        .headStart(start)
                        .build());
    }

    static List<Case> cases() {
        AdapterOptions dropout = new AdapterOptions(0, false, 0.2);
        return List.of(
                plain("dra", TinyRuns.dra(RankOptions.DEFAULT)),
                plain(
                        "dra, ranks at random",
                        Dra.PAPER
                                .withScorer(new RandomScorer())
                                .withRanks(new RankOptions(0, 8, 0.1, false))
                                .withCalibration(1, 2, 8)
                                .with(dropout)),
                of(
                        "dra, adapted head, recalibrated, bf16",
                        TinyRuns.dra(RankOptions.DEFAULT),
                        TinyRuns.FALLING,
                        HeadPolicy.ADAPTED,
                        NormPolicy.RECALIBRATED,
                        Precision.BF16,
                        false,
                        HeadStart.RANDOM),
                plain("lora", TinyRuns.lora()),
                of(
                        "lora, dropout, sgd, norms trained, bf16, ridge",
                        new Lora(2, dropout),
                        SGD,
                        HeadPolicy.ADAPTED,
                        NormPolicy.TRAINED,
                        Precision.BF16,
                        true,
                        HeadStart.RIDGE),
                plain("adalora", TinyRuns.adaLora(4, 2, 0)),
                of(
                        "adalora, budget, adapted head, bf16",
                        TinyRuns.adaLora(4, 0, 0.05),
                        TinyRuns.FALLING,
                        HeadPolicy.ADAPTED,
                        NormPolicy.FROZEN,
                        Precision.BF16,
                        false,
                        HeadStart.RANDOM),
                plain("dylora", TinyRuns.dyLora(false)),
                plain("dylora, frozen", TinyRuns.dyLora(true)),
                plain("full", new FullTuning()),
                of(
                        "full, sgd, adapted head, norms trained",
                        new FullTuning(),
                        SGD,
                        HeadPolicy.ADAPTED,
                        NormPolicy.TRAINED,
                        Precision.FP32,
                        false,
                        HeadStart.RANDOM),
                plain("head", new HeadOnly()),
                new Case("head, averaged", plain("", new HeadOnly()).train().with(NormTraining.NONE, 0.9)),
                beside(
                        "dra, affine, along the gradient, rates apart, averaged",
                        Dra.PAPER
                                .withScorer(new RandomScorer())
                                .withRanks(new RankOptions(0, 8, 0.2, false))
                                .withCalibration(1, 2, 8)
                                .with(started(LoraInit.GRADIENT)),
                        4,
                        NormPolicy.RECALIBRATED,
                        Precision.FP32,
                        NormTraining.AFFINE),
                beside(
                        "dra, carried once from 1.5 times the size, affine, along the gradient, rates apart, averaged",
                        updating(
                                UpdateScorer.DEFAULT,
                                new Updates(Updates.Kind.CARRY, Updates.When.ONCE, 0.4, 1.5),
                                started(LoraInit.GRADIENT)),
                        4,
                        NormPolicy.RECALIBRATED,
                        Precision.FP32,
                        NormTraining.AFFINE),
                beside(
                        "dra, carried as they are, at random, norms trained, averaged, bf16",
                        updating(
                                new RandomScorer(),
                                new Updates(Updates.Kind.CARRY_PLAIN, Updates.When.FALLING),
                                started(LoraInit.ORTHOGONAL)),
                        1,
                        NormPolicy.TRAINED,
                        Precision.BF16,
                        NormTraining.NONE),
                of(
                        "dra, carried, at random, sgd, adapted head, recalibrated, bf16",
                        updating(new RandomScorer(), new Updates(Updates.Kind.CARRY, Updates.When.ONCE), dropout),
                        SGD,
                        HeadPolicy.ADAPTED,
                        NormPolicy.RECALIBRATED,
                        Precision.BF16,
                        true,
                        HeadStart.RIDGE),
                beside(
                        "dra, ranks stay, settled, biases, averaged",
                        updating(
                                new RandomScorer(),
                                new Updates(Updates.Kind.RESTART, Updates.When.SETTLED),
                                AdapterOptions.DEFAULT),
                        1,
                        NormPolicy.RECALIBRATED,
                        Precision.FP32,
                        NormTraining.BIAS),
                warm("dra, warm, by its updates, averaged"),
                beside(
                        "lora, biases, orthogonal, averaged, norms trained, bf16",
                        new Lora(12, started(LoraInit.ORTHOGONAL)),
                        1,
                        NormPolicy.TRAINED,
                        Precision.BF16,
                        NormTraining.BIAS),
                beside(
                        "lora, biases alone, averaged",
                        new Lora(0, AdapterOptions.DEFAULT),
                        1,
                        NormPolicy.RECALIBRATED,
                        Precision.BF16,
                        NormTraining.BIAS),
                beside(
                        "adalora, affine, budget, averaged",
                        TinyRuns.adaLora(4, 0, 0.1),
                        1,
                        NormPolicy.RECALIBRATED,
                        Precision.FP32,
                        NormTraining.AFFINE),
                beside(
                        "dylora, biases, along the gradient, rates apart, averaged",
                        new DyLora(1, 4, false, List.of(2), started(LoraInit.GRADIENT)),
                        16,
                        NormPolicy.RECALIBRATED,
                        Precision.FP32,
                        NormTraining.BIAS),
                beside(
                        "full, averaged, norms trained",
                        new FullTuning(),
                        1,
                        NormPolicy.TRAINED,
                        Precision.FP32,
                        NormTraining.NONE));
    }

    private static Dra updating(Scorer scorer, Updates updates, AdapterOptions adapter) {
        return Dra.PAPER
                .withScorer(scorer)
                .withRanks(new RankOptions(0, 8, 0.2, false))
                .withUpdates(updates)
                .withCalibration(1, 2, 8)
                .with(adapter);
    }

    /** In so many steps as a warm-up needs. */
    private static Case warm(String name) {
        Dra dra = updating(
                UpdateScorer.DEFAULT,
                new Updates(Updates.Kind.WARM, Updates.When.ONCE, 0.1, 1),
                AdapterOptions.DEFAULT);
        TrainConfig train = beside(name, dra, 1, NormPolicy.RECALIBRATED, Precision.FP32, NormTraining.BIAS)
                .train()
                .with(2, Compute.PLAIN);
        return new Case(name, train);
    }

    private static AdapterOptions started(LoraInit init) {
        return new AdapterOptions(4, LoraScaling.BY_ROOT, 0, init, init == LoraInit.GRADIENT);
    }

    /** With averaged weights. */
    private static Case beside(
            String name, Method method, double lrRatio, NormPolicy norm, Precision precision, NormTraining trainNorm) {
        return new Case(
                name,
                TrainConfig.builder(
                                method,
                                epochs(method),
                                8,
                                4,
                                trainNorm == NormTraining.NONE
                                        ? TinyRuns.FALLING.withLrRatio(lrRatio)
                                        : TinyRuns.FALLING.withLrRatio(lrRatio).withNormRate(2e-2))
                        .norm(norm)
                        .compute(new Compute(precision, ComputeDevice.CPU, false, false))
                        .headStart(HeadStart.RIDGE)
                        .trainNorm(trainNorm)
                        .ema(0.8)
                        .build());
    }

    private static RunConfig config(TrainConfig train) {
        return TinyRuns.run(train, photos, weights);
    }

    private static void train(TrainConfig train, Path out, int steps, JobListener listener) {
        TrainJob.run(config(train), out, folder.resolve("cache"), steps, listener, new CancelToken());
    }

    /** @return what was said */
    private static List<String> resume(Path run) {
        List<String> notes = new ArrayList<>();
        TrainJob.resume(
                run,
                folder.resolve("cache"),
                null,
                new JobListener() {
                    @Override
                    public void onNote(String sentence) {
                        notes.add(sentence);
                    }
                },
                new CancelToken());
        return notes;
    }

    private static void copy(Path from, Path to) {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file)));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void assertSame(Path one, Path other) throws IOException {
        assertSame(one, other, EPOCHS);
    }

    private static void assertSame(Path one, Path other, int epochs) throws IOException {
        for (String name : List.of(
                RunFolder.METRICS,
                RunFolder.RANKS,
                RunFolder.BEST,
                RunFolder.LAST,
                RunFolder.LAST_AVERAGED,
                RunFolder.ADAPTER,
                RunFolder.PREDICTIONS,
                RunFolder.CALIBRATION,
                RunFolder.CONFUSION)) {
            assertEquals(Files.exists(one.resolve(name)), Files.exists(other.resolve(name)), name);
            if (Files.exists(one.resolve(name))) {
                assertArrayEquals(Files.readAllBytes(one.resolve(name)), Files.readAllBytes(other.resolve(name)), name);
            }
        }
        assertEquals(
                epochs, Files.readAllLines(other.resolve(RunFolder.TIMINGS)).size());
        try (Stream<Path> left = Files.list(other)) {
            assertEquals(
                    List.of(),
                    left.map(path -> path.getFileName().toString())
                            .filter(name -> name.equals("lock") || name.equals("checkpoints") || name.startsWith("."))
                            .toList());
        }
    }

    /** What a kill at some moments would leave: the folder as it is then. */
    private final class Snapshots implements JobListener {

        private final Path run;
        private final int epochs;
        private final int epoch;
        private final int step;
        private final List<Path> taken = new ArrayList<>();

        /** @param seed of the moments: a step, and the end of an epoch */
        Snapshots(Path run, int epochs, long seed) {
            Random random = new Random(seed);
            this.run = run;
            this.epochs = epochs;
            this.epoch = 2 + random.nextInt(epochs - 1);
            this.step = 1 + random.nextInt(3);
        }

        private void take() {
            Path copy = place.resolve("killed-" + taken.size());
            copy(run, copy);
            taken.add(copy);
        }

        @Override
        public void onStep(int e, int s, int steps, double loss) {
            if (e == epoch && s == step) {
                take();
            }
        }

        @Override
        public void onEpoch(EpochReport report, boolean best) {
            // Its lines are written, and its checkpoint is not.
            if (report.epoch() == epochs - epoch + 2) {
                take();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void killedAtSomeMoment(Case which) throws IOException {
        Path straight = place.resolve("straight");
        long kept = Tensors.kept();
        Snapshots snapshots =
                new Snapshots(straight, which.train().epochs(), which.name().hashCode());
        train(which.train(), straight, 2, snapshots);
        assertEquals(2, snapshots.taken.size());
        if (which.train().method() instanceof Dra) {
            // Otherwise the case would say less than its name.
            assertTrue(Files.readString(straight.resolve(RunFolder.METRICS)).contains("\"reallocated\":true"));
        }
        for (Path killed : snapshots.taken) {
            List<String> notes = resume(killed);
            assertTrue(notes.get(0).contains("Resuming the run in " + killed + " after"), notes.toString());
            assertSame(straight, killed, which.train().epochs());
        }
        assertEquals(kept, Tensors.kept());
    }

    /** With rates of adapters and head at which numbers go wrong, and do not when they have been halved some times. */
    static Stream<Arguments> tooHigh() {
        return Stream.of(
                Arguments.of(new FullTuning(), 300, 1e-2),
                Arguments.of(TinyRuns.adaLora(4, 2, 0), 300, 1e-2),
                Arguments.of(TinyRuns.dra(RankOptions.DEFAULT), 100, 1e-2));
    }

    /** At every one of the first steps, which go wrong again and again. */
    @ParameterizedTest
    @MethodSource("tooHigh")
    void killedWhileRatesAreLowered(Method method, double rate, double headRate) throws IOException {
        Optimization high = Optimization.plain(method instanceof FullTuning ? 300 : 1e5)
                .withKind(Optimization.Kind.SGD)
                .withHeadRate(1e-2)
                .withWarmup(1.5);
        TrainConfig train = TrainConfig.builder(method, epochs(method), 8, 4, high)
                .norm(method instanceof FullTuning ? NormPolicy.TRAINED : NormPolicy.RECALIBRATED)
                .onDivergence(OnDivergence.LOWER_LR)
                .build();
        Path straight = place.resolve("straight");
        List<Path> taken = new ArrayList<>();
        List<String> lowered = new ArrayList<>();
        train(train, straight, 1, new JobListener() {
            @Override
            public void onStep(int epoch, int step, int steps, double loss) {
                if (taken.size() < 12) {
                    Path copy = place.resolve("killed-" + taken.size());
                    copy(straight, copy);
                    taken.add(copy);
                }
            }

            @Override
            public void onNote(String sentence) {
                if (sentence.contains("half the learning rate")) {
                    lowered.add(sentence);
                }
            }
        });
        assertFalse(lowered.isEmpty());
        for (Path killed : taken) {
            resume(killed);
            assertSame(straight, killed, train.epochs());
        }
    }

    /** A straight run of LoRA, and what a kill after the lines of its last epoch leaves: checkpoints after epochs 2 and 3. */
    private Path killed(Path straight) {
        Path killed = place.resolve("killed");
        train(TinyRuns.train(TinyRuns.lora(), EPOCHS, 3), straight, 0, new JobListener() {
            @Override
            public void onEpoch(EpochReport report, boolean best) {
                if (report.epoch() == EPOCHS) {
                    copy(straight, killed);
                }
            }
        });
        return killed;
    }

    private static Path checkpoint(Path run, int epoch) {
        return run.resolve("checkpoints").resolve(new Checkpoints.Position(epoch, 0).name());
    }

    private static void damage(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.delete(file); // it may have another name elsewhere
        Files.write(file, bytes);
    }

    @Test
    void aDamagedCheckpointIsPassedOver() throws IOException {
        Path straight = place.resolve("straight");
        Path killed = killed(straight);
        Path torn = place.resolve("torn");
        copy(killed, torn);
        Path tampered = place.resolve("tampered");
        copy(killed, tampered);
        Path lost = place.resolve("lost");
        copy(killed, lost);

        damage(checkpoint(killed, 3).resolve("tensors.safetensors"));
        List<String> notes = resume(killed);
        assertEquals(
                "The checkpoint after epoch 3 is damaged (tensors.safetensors is not what was written): resuming from the one after epoch 2.",
                notes.get(0));
        assertSame(straight, killed);

        Path state = checkpoint(torn, 3).resolve("state.json");
        Files.write(state, java.util.Arrays.copyOf(Files.readAllBytes(state), 100));
        Files.delete(torn.resolve(RunFolder.BEST));
        assertTrue(resume(torn).get(0).contains("state.json is not what was written"));
        assertSame(straight, torn);

        Files.delete(checkpoint(tampered, 3).resolve("SHA256SUMS"));
        damage(checkpoint(tampered, 2).resolve("state.json"));
        InputException e = assertThrows(InputException.class, () -> resume(tampered));
        assertTrue(
                e.getMessage().contains("No checkpoint in") && e.getMessage().contains("train again"), e.getMessage());

        for (int epoch : List.of(2, 3)) {
            try (Stream<Path> files = Files.list(checkpoint(lost, epoch))) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(checkpoint(lost, epoch));
        }
        assertTrue(resume(lost).get(0).contains("before its first checkpoint"));
        assertSame(straight, lost);
    }

    @Test
    void whatWouldChangeTheRunIsRefused() throws IOException {
        Path straight = place.resolve("straight");
        Path killed = killed(straight);
        try (StoppedRun held = new StoppedRun(killed, note -> {})) {
            InputException e = assertThrows(InputException.class, () -> resume(killed));
            assertTrue(e.getMessage().contains("by another process"), e.getMessage());
        }
        InputException taken = assertThrows(
                InputException.class,
                () -> train(TinyRuns.train(TinyRuns.lora(), EPOCHS, 3), killed, 0, JobListener.NONE));
        assertTrue(taken.getMessage().contains("already holds a run"), taken.getMessage());
        InputException nothing = assertThrows(InputException.class, () -> resume(place.resolve("nowhere")));
        assertTrue(nothing.getMessage().contains("There is no run folder"), nothing.getMessage());

        byte[] before = Files.readAllBytes(weights);
        byte[] changed = before.clone();
        changed[changed.length - 1] ^= 1;
        Files.write(weights, changed);
        InputException other = assertThrows(InputException.class, () -> resume(killed));
        assertTrue(
                other.getMessage().contains("The weights in")
                        && other.getMessage().contains("have changed"),
                other.getMessage());
        Files.write(weights, before);

        Path photo = photos.resolve("train").resolve("red").resolve("0.png");
        byte[] picture = Files.readAllBytes(photo);
        Files.copy(
                photos.resolve("train").resolve("red").resolve("1.png"),
                photo,
                java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        InputException moved = assertThrows(InputException.class, () -> resume(killed));
        assertTrue(moved.getMessage().contains("The photos in"), moved.getMessage());
        Files.write(photo, picture);

        resume(killed);
        assertSame(straight, killed);
        byte[] result = Files.readAllBytes(killed.resolve(RunFolder.RESULT));
        List<String> ended = resume(killed);
        assertTrue(ended.get(0).contains("has ended"), ended.toString());
        assertArrayEquals(result, Files.readAllBytes(killed.resolve(RunFolder.RESULT)));
        assertSame(straight, killed);
    }

    /** The run is cancelled again and again, by its token and by interrupting the thread. */
    @Test
    void cancelledRunsGoOn() throws IOException {
        TrainConfig train = TinyRuns.train(TinyRuns.adaLora(4, 2, 0), EPOCHS, 3);
        Path straight = place.resolve("straight");
        train(train, straight, 0, JobListener.NONE);
        Path run = place.resolve("run");
        CancelToken first = new CancelToken();
        assertThrows(
                CancelledException.class,
                () -> TrainJob.run(config(train), run, folder.resolve("cache"), 0, at(1, 2, first::cancel), first));
        assertEquals(new Checkpoints.Position(0, 2), Checkpoints.newest(run).orElseThrow());
        InputException early = assertThrows(InputException.class, () -> RunFolder.open(run));
        assertTrue(early.getMessage().contains("resume it"), early.getMessage());
        JobListener interrupting = at(2, 1, () -> Thread.currentThread().interrupt());
        assertThrows(
                CancelledException.class,
                () -> TrainJob.resume(run, folder.resolve("cache"), null, interrupting, new CancelToken()));
        assertTrue(Thread.interrupted(), "the thread stays interrupted");
        assertEquals(new Checkpoints.Position(1, 1), Checkpoints.newest(run).orElseThrow());
        CancelToken last = new CancelToken();
        JobListener atTheEnd = new JobListener() {
            @Override
            public void onEpoch(EpochReport report, boolean best) {
                if (report.epoch() == EPOCHS) {
                    last.cancel();
                }
            }
        };
        assertThrows(
                CancelledException.class, () -> TrainJob.resume(run, folder.resolve("cache"), null, atTheEnd, last));
        assertFalse(RunFolder.isFinished(run));
        assertTrue(resume(run).get(0).contains("after epoch 4."));
        assertSame(straight, run);
    }

    private static JobListener at(int epoch, int step, Runnable action) {
        return new JobListener() {
            @Override
            public void onStep(int e, int s, int steps, double loss) {
                if (e == epoch && s == step) {
                    action.run();
                }
            }
        };
    }

    @Test
    void aTrainingGoesOnWithoutRoomForCheckpoints() throws IOException {
        TrainConfig train = TinyRuns.train(TinyRuns.lora(), EPOCHS, 3);
        Path straight = place.resolve("straight");
        train(train, straight, 0, JobListener.NONE);
        Path run = place.resolve("run");
        List<String> notes = new ArrayList<>();
        train(train, run, 0, new JobListener() {
            @Override
            public void onStep(int e, int s, int steps, double loss) {
                try {
                    if (e == 1 && s == 1) {
                        Files.move(run.resolve("checkpoints"), place.resolve("away"));
                        Files.writeString(run.resolve("checkpoints"), "in the way");
                    }
                } catch (IOException error) {
                    throw new UncheckedIOException(error);
                }
            }

            @Override
            public void onNote(String sentence) {
                notes.add(sentence);
            }
        });
        assertEquals(EPOCHS, notes.size(), notes.toString());
        assertTrue(notes.get(0).startsWith("WARNING: a checkpoint could not be written"), notes.toString());
        assertSame(straight, run);
    }
}
