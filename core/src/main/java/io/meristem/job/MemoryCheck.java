package io.meristem.job;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Message;
import io.meristem.Setting;
import io.meristem.artifact.RunConfig;
import io.meristem.engine.ComputeDevice;
import io.meristem.execute.Network;
import io.meristem.tune.Compute;
import io.meristem.tune.MemoryForecast;
import io.meristem.tune.TrainConfig;
import io.meristem.zoo.Models;
import java.util.ArrayList;
import java.util.List;

/** Refuses a training that will not fit into memory, before anything large is made. */
public final class MemoryCheck {

    private static final double GIB = 1L << 30;

    /** The number of classes hardly matters for the size of a network. */
    private static final int SOME_CLASSES = 10;

    private MemoryCheck() {}

    /**
     * Compares what a training on the CPU is predicted to take with what the machine, or the control group that the process is in, has free.
     *
     * @throws InputException when it is more
     */
    public static void require(RunConfig config) {
        require(config, 1);
    }

    /**
     * The same for several processes on this machine, each with its share of every batch.
     *
     * @param workers how many
     */
    public static void require(RunConfig config, int workers) {
        long free = FreeMemory.bytes();
        if (config.train().compute().device() == ComputeDevice.CPU && free > 0) {
            require(of(config, workers), free / workers);
        }
    }

    /** What one of several workers takes: the largest share of a batch. */
    private static RunConfig of(RunConfig config, int workers) {
        TrainConfig train = config.train();
        int share = (train.batchSize() + workers - 1) / workers;
        return workers == 1
                ? config
                : new RunConfig(config.model(), config.data(), train.with(share, train.compute()), config.threads());
    }

    static void require(RunConfig config, long free) {
        TrainConfig train = config.train();
        try (Network network = new Network(Models.find(config.model().name()), SOME_CLASSES)) {
            int size = config.model().size();
            int threads = config.threads();
            MemoryForecast forecast = MemoryForecast.of(network, train, size, threads);
            if (forecast.total() <= free) {
                return;
            }
            MemoryForecast saving = MemoryForecast.of(network, checkpointed(train), size, threads);
            List<Message> mends = new ArrayList<>();
            int batch = largestBatch(network, train, size, threads, free);
            if (batch > 0) {
                mends.add(Message.of("use %s or less, ", Setting.BATCH_SIZE.as(batch)));
            }
            if (!train.compute().checkpointing() && saving.total() < forecast.total()) {
                mends.add(Message.of("use %s (about %.1f GiB), ", Setting.CHECKPOINTING, saving.total() / GIB));
            }
            mends.add(Message.of("use a smaller %s or model", Setting.SIZE));
            throw new InputException(
                    ErrorCode.TOO_LARGE,
                    "This training will take about %.1f GiB (steps of %d photos %.1f, weights %.1f, what trains %.1f, the rest %.1f), and %.1f GiB are free: %s; %s tries it all the same.",
                    forecast.total() / GIB,
                    train.batchSize(),
                    forecast.steps() / GIB,
                    forecast.weights() / GIB,
                    forecast.trained() / GIB,
                    (forecast.process() + forecast.photos()) / GIB,
                    free / GIB,
                    Message.joined(mends),
                    Setting.IGNORE_MEMORY);
        }
    }

    /** The largest power of two that fits; 0 when not even one photo does. */
    private static int largestBatch(Network network, TrainConfig train, int size, int threads, long free) {
        for (int batch = Integer.highestOneBit(Math.max(1, train.batchSize() - 1)); batch > 0; batch /= 2) {
            if (MemoryForecast.of(network, train.with(batch, train.compute()), size, threads)
                            .total()
                    <= free) {
                return batch;
            }
        }
        return 0;
    }

    private static TrainConfig checkpointed(TrainConfig train) {
        Compute compute = train.compute();
        return train.with(
                train.batchSize(), new Compute(compute.precision(), compute.device(), compute.measured(), true));
    }
}
