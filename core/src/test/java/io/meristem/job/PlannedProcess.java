package io.meristem.job;

import io.meristem.CancelToken;
import io.meristem.engine.ComputeDevice;
import io.meristem.engine.Precision;
import io.meristem.rank.RankOptions;
import io.meristem.testing.TinyRuns;
import io.meristem.tune.Compute;
import io.meristem.tune.NormPolicy;
import io.meristem.tune.TrainConfig;
import java.nio.file.Path;

/** A training of DRA, long enough for ranks to be allocated again, in a process of its own: photos, weights, run folder, cache, and the plan ({@code kind}, {@code measured} or a run) are its arguments. */
final class PlannedProcess {

    private PlannedProcess() {}

    public static void main(String[] args) {
        boolean measured = args[4].equals("measured");
        Compute compute = new Compute(Precision.best(), ComputeDevice.CPU, measured, false);
        TrainJob.run(
                TinyRuns.run(
                        TrainConfig.builder(TinyRuns.dra(RankOptions.DEFAULT), 5, 8, 1, TinyRuns.FALLING)
                                .norm(NormPolicy.RECALIBRATED)
                                .compute(compute)
                                .build(),
                        Path.of(args[0]),
                        Path.of(args[1])),
                measured || args[4].equals("kind") ? null : Path.of(args[4]),
                Path.of(args[2]),
                Path.of(args[3]),
                0,
                JobListener.NONE,
                new CancelToken());
    }
}
