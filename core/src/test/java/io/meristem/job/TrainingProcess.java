package io.meristem.job;

import io.meristem.testing.TinyRuns;
import java.nio.file.Path;

/** A training in a process of its own, to be killed: photos, weights, run folder and cache are its arguments. */
final class TrainingProcess {

    private TrainingProcess() {}

    public static void main(String[] args) {
        TrainJob.run(
                TinyRuns.run(TinyRuns.train(TinyRuns.lora(), 10_000, 1), Path.of(args[0]), null),
                Path.of(args[1]),
                Path.of(args[2]),
                JobListener.NONE);
    }
}
