package io.meristem.cli;

import io.meristem.adapter.AdapterOptions;
import io.meristem.tune.AdaLora;
import picocli.CommandLine.Option;

/** How AdaLoRA prunes. */
final class AdaLoraOptions {

    private static final int USUAL_TARGET = 8;
    private static final double HEADROOM = 1.5;

    @Option(
            names = "--target-rank",
            paramLabel = "R",
            description =
                    "Mean rank of a layer that AdaLoRA prunes to; --budget gives a size in its place. Default: 8, without --budget.")
    Integer targetRank;

    @Option(
            names = "--init-rank",
            paramLabel = "R",
            description = "Rank of every layer that AdaLoRA starts with. Default: half as much again as --target-rank.")
    Integer initRank;

    @Option(
            names = "--t-init",
            defaultValue = "0.1",
            paramLabel = "SHARE",
            description = "Share of all steps before AdaLoRA's first pruning. Default: ${DEFAULT-VALUE}.")
    double initShare;

    @Option(
            names = "--t-final",
            defaultValue = "0.3",
            paramLabel = "SHARE",
            description = "Share of all steps after its last pruning. Default: ${DEFAULT-VALUE}.")
    double finalShare;

    @Option(
            names = "--delta-t",
            defaultValue = "10",
            paramLabel = "STEPS",
            description = "Steps between two prunings. Default: ${DEFAULT-VALUE}.")
    int interval;

    @Option(
            names = "--beta1",
            defaultValue = "0.85",
            paramLabel = "B",
            description = "Smoothing of AdaLoRA's sensitivity, in (0, 1). Default: ${DEFAULT-VALUE}.")
    double beta1;

    @Option(
            names = "--beta2",
            defaultValue = "0.85",
            paramLabel = "B",
            description = "Smoothing of its uncertainty, in (0, 1). Default: ${DEFAULT-VALUE}.")
    double beta2;

    @Option(
            names = "--orthogonality",
            defaultValue = "0.5",
            paramLabel = "W",
            description =
                    "Weight of AdaLoRA's penalty for factors that are not orthonormal. Default: ${DEFAULT-VALUE}.")
    double orthogonality;

    /** @param budget MiB, or 0 for none */
    AdaLora resolve(double budget, AdapterOptions adapter) {
        int target = targetRank != null ? targetRank : budget > 0 ? 0 : USUAL_TARGET;
        int init = initRank != null ? initRank : (int) Math.ceil(HEADROOM * (target > 0 ? target : USUAL_TARGET));
        return AdaLora.of(init, target, budget)
                .withShares(initShare, finalShare)
                .withInterval(interval)
                .withBetas(beta1, beta2)
                .withOrthogonality(orthogonality)
                .with(adapter);
    }
}
