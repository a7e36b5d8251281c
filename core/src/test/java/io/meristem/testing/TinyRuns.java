package io.meristem.testing;

import io.meristem.adapter.AdapterOptions;
import io.meristem.artifact.RunConfig;
import io.meristem.data.feed.Augmentation;
import io.meristem.data.folder.SplitOptions;
import io.meristem.execute.Network;
import io.meristem.rank.RankOptions;
import io.meristem.tune.AdaLora;
import io.meristem.tune.Dra;
import io.meristem.tune.DyLora;
import io.meristem.tune.Lora;
import io.meristem.tune.Method;
import io.meristem.tune.Optimization;
import io.meristem.tune.TrainConfig;
import io.meristem.weights.NetworkState;
import io.meristem.zoo.Models;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Configurations of trainings that take a second or two. */
public final class TinyRuns {

    /** The smallest network of the registry at its smallest input. */
    public static final String MODEL = "mobilenet_v2_035";

    public static final int SIZE = 32;

    /** Falls from the first step on, so that the adapters' change falls from epoch to epoch. */
    public static final Optimization FALLING = Optimization.plain(5e-3)
            .withWeightDecay(0.01)
            .withMomentum(0.9)
            .withSchedule(Optimization.Schedule.COSINE)
            .withClipNorm(1);

    private TinyRuns() {}

    public static Lora lora() {
        return new Lora(2, AdapterOptions.DEFAULT);
    }

    /** Prunes from the first step on, and is done a third before the last. */
    public static AdaLora adaLora(int initRank, int targetRank, double budget) {
        return AdaLora.of(initRank, targetRank, budget)
                .withShares(0, 0.34)
                .withInterval(2)
                .with(AdapterOptions.DEFAULT);
    }

    /** Ranks 1 to 4, judged at three of them. */
    public static DyLora dyLora(boolean frozen) {
        return new DyLora(1, 4, frozen, List.of(4, 2, 1), AdapterOptions.PAPER);
    }

    /** Measures ranks on few photos and may merge from the second epoch on. */
    public static Dra dra(RankOptions ranks) {
        return Dra.PAPER.withRanks(ranks).withCalibration(1, 2, 8).with(AdapterOptions.DEFAULT);
    }

    public static TrainConfig train(Method method, int epochs, long seed) {
        return TrainConfig.of(method, epochs, 8, seed, FALLING);
    }

    /** A weights file in {@code folder}: the network with random numbers and a head of ten classes. */
    public static Path pretrained(Path folder) throws IOException {
        Path weights = folder.resolve("pretrained.safetensors");
        try (Network network = new Network(Models.find(MODEL), 10)) {
            NetworkState.write(weights, network.materialize(77), NetworkState.ALL, Map.of());
        }
        return weights;
    }

    /** @param weights a file, or null for a random start */
    public static RunConfig run(TrainConfig train, Path photos, Path weights) {
        return new RunConfig(
                RunConfig.Model.of(Models.find(MODEL))
                        .withWeights(weights == null ? null : weights.toString())
                        .withSize(SIZE)
                        .withColours(List.of(0.5f, 0.5f, 0.5f), List.of(0.25f, 0.25f, 0.25f)),
                new RunConfig.Data(photos.toString(), SplitOptions.defaults(), Augmentation.standard()),
                train,
                1);
    }
}
