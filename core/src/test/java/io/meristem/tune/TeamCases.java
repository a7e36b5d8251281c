package io.meristem.tune;

import io.meristem.adapter.AdapterOptions;
import io.meristem.artifact.TravellingState;
import io.meristem.data.feed.Augmentation;
import io.meristem.data.feed.Loader;
import io.meristem.data.feed.PixelCache;
import io.meristem.data.feed.Share;
import io.meristem.data.folder.ImageFolder;
import io.meristem.data.folder.Split;
import io.meristem.data.folder.SplitOptions;
import io.meristem.data.image.Fit;
import io.meristem.data.image.Preprocess;
import io.meristem.engine.Engine;
import io.meristem.execute.Network;
import io.meristem.rank.RankOptions;
import io.meristem.testing.TinyNetworks;
import io.meristem.testing.TinyRuns;
import io.meristem.workers.Gloo;
import io.meristem.workers.GradientExchange;
import io.meristem.workers.Meeting;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Trainings of a network without dropout, by one process or as worker 1 of two: {@link #main} is that worker, of one training after the other. */
final class TeamCases {

    static final int WORKERS = 2;
    static final int EPOCHS = 10;
    static final int BATCH = 32;

    /** 45 photos: a batch of {@value #BATCH}, and one of 13, which two workers cannot share evenly. */
    static final int PER_CLASS = 15;

    private static final int SIZE = 32;
    private static final Optimization HOW = Optimization.plain(0.03).withMomentum(0.9);

    /** For a head alone, which learns slowly. */
    private static final Optimization QUICKLY = Optimization.plain(0.3).withMomentum(0.9);

    private final PixelCache cache;
    private final ImageFolder images;
    private final Preprocess preprocess;

    TeamCases(Path photos, Path cacheFolder) {
        Engine.start(1);
        float[] half = {0.5f, 0.5f, 0.5f};
        preprocess = new Preprocess(SIZE, 1, Fit.CROP, half, half);
        images = ImageFolder.scan(photos, SplitOptions.defaults());
        cache = PixelCache.open(cacheFolder, images, preprocess, 1, (done, total) -> {});
    }

    private static Dra updated(Updates.Kind kind) {
        return Dra.PAPER
                .withRanks(RankOptions.DEFAULT)
                .withUpdates(new Updates(kind, Updates.When.ONCE, 0.3, 1))
                .withCalibration(1, 2, 8)
                .with(AdapterOptions.DEFAULT);
    }

    private static TrainConfig.Builder config(Method method, int batch, Optimization how) {
        return TrainConfig.builder(method, EPOCHS, batch, 1, how);
    }

    /** By name; those whose losses must be those of one process. */
    static Map<String, TrainConfig> equal() {
        Map<String, TrainConfig> cases = new LinkedHashMap<>();
        cases.put("lora", config(TinyRuns.lora(), BATCH, HOW).build());
        cases.put(
                "dra, carried over",
                config(updated(Updates.Kind.CARRY), BATCH, HOW).build());
        cases.put("dra, merged", config(updated(Updates.Kind.MERGE), BATCH, HOW).build());
        cases.put("adalora", config(TinyRuns.adaLora(3, 2, 0), BATCH, HOW).build());
        cases.put("dylora", config(TinyRuns.dyLora(true), BATCH, HOW).build());
        cases.put("full", config(new FullTuning(), BATCH, HOW).build());
        cases.put("head", config(new HeadOnly(), BATCH, QUICKLY).build());
        // The last batch is one photo, so that one worker has none; classes weigh differently in each share.
        cases.put(
                "lora, class weights, averages, biases",
                config(
                                TinyRuns.lora(),
                                44,
                                HOW.withClassWeights(true).withClipNorm(1).withLabelSmoothing(0.1))
                        .norm(NormPolicy.RECALIBRATED)
                        .trainNorm(NormTraining.BIAS)
                        .ema(0.9)
                        .build());
        return cases;
    }

    /** Those that go another way than one process, or go wrong. */
    static Map<String, TrainConfig> different() {
        Map<String, TrainConfig> cases = new LinkedHashMap<>();
        cases.put(
                "norms",
                TrainConfig.builder(new FullTuning(), EPOCHS, BATCH, 1, HOW)
                        .norm(NormPolicy.TRAINED)
                        .build());
        cases.put(
                "too high",
                config(new FullTuning(), BATCH, Optimization.plain(1e30))
                        .onDivergence(OnDivergence.LOWER_LR)
                        .build());
        return cases;
    }

    Trainer.Photos photos(int batch, Share share) {
        var train = cache.photos(Split.TRAIN);
        int size = Math.min(batch, train.size());
        return new Trainer.Photos(
                Loader.training(cache, train, preprocess, Augmentation.NONE, size, 1, 3, share),
                Loader.evaluation(cache, cache.photos(Split.VAL), preprocess, 8, 1),
                (batches, of) -> Inference.feed(
                        new Loader(cache, train, preprocess, null, new Loader.Options(of, 1, 3, true, true)),
                        batches,
                        SIZE),
                SIZE,
                images.classes());
    }

    /** Without dropout, and so well conditioned that rounding does not grow. */
    Network network(TrainConfig config) {
        boolean normed = config.norm() != NormPolicy.FROZEN;
        return (normed ? TinyNetworks.normed() : TinyNetworks.mixed()).materialize(5);
    }

    Trainer trainer(Network network, TrainConfig config, GradientExchange exchange, TrainListener listener) {
        return new Trainer(
                network,
                config,
                photos(config.batchSize(), new Share(exchange.worker(), exchange.workers())),
                listener,
                0,
                null,
                new Team(exchange, new TravellingState()));
    }

    static Gloo join(Path meeting, String name, int worker) {
        return Gloo.join(Meeting.here(meeting.resolve(name.replace(' ', '-'))), worker, WORKERS);
    }

    public static void main(String[] args) {
        TeamCases cases = new TeamCases(Path.of(args[0]), Path.of(args[1]));
        List<Map<String, TrainConfig>> all = List.of(equal(), different());
        all.forEach(some -> some.forEach((name, config) -> {
            try (GradientExchange exchange = join(Path.of(args[2]), name, 1);
                    Network network = cases.network(config)) {
                cases.trainer(network, config, exchange, TrainListener.NONE).follow();
            } catch (io.meristem.WorkerLostException e) {
                // Worker 0's training went wrong.
            }
        }));
    }
}
