package io.meristem.cli;

import io.meristem.artifact.Json;
import io.meristem.artifact.RunConfig;
import io.meristem.artifact.RunFolder;
import io.meristem.artifact.RunResult;
import io.meristem.job.TrainJob;
import io.meristem.tune.Method;
import io.meristem.tune.TrainConfig;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "train",
        mixinStandardHelpOptions = true,
        customSynopsis = "meristem train --data FOLDER --out FOLDER [OPTIONS]",
        sortOptions = false,
        description = {
            "Fine-tunes a network on your photos and writes a run folder.",
            "The best epoch is chosen on the validation photos; the test photos are looked at once, at the end."
        })
final class TrainCommand implements Callable<Integer> {

    @Spec
    CommandSpec spec;

    @Mixin
    DataOptions data;

    @Option(names = "--out", required = true, paramLabel = "FOLDER", description = "Where the run goes: a new folder.")
    Path out;

    @Mixin
    ModelOptions model;

    @Mixin
    MethodOptions method;

    @Option(
            names = "--epochs",
            paramLabel = "N",
            description = "Passes over the training photos. Default: the preset's, 20 or 40.")
    Integer epochs;

    @Mixin
    OptimizationOptions optimization;

    @Option(
            names = "--seed",
            defaultValue = "0",
            paramLabel = "N",
            description = "The same number gives the same run. Default: ${DEFAULT-VALUE}.")
    long seed;

    @Mixin
    ComputeOptions compute;

    @Mixin
    Threads threads;

    @Mixin
    OutputOptions output;

    @Override
    public Integer call() throws IOException {
        PrintWriter console = spec.commandLine().getOut();
        RunConfig config = Settings.of(this::config);
        Environment.warn(spec.commandLine().getErr());
        RunResult result;
        try (Reporter reporter =
                Reporter.checking(console, output, config.train().epochs(), threads.count())) {
            result = TrainJob.run(config, out, data.cacheFolder(), reporter);
        }
        if (output.json) {
            console.print(Json.pretty(result));
        } else {
            console.println();
            console.print(Files.readString(out.resolve(RunFolder.SUMMARY)));
            console.println();
            console.println("The run is in " + out);
        }
        console.flush();
        return 0;
    }

    RunConfig config() {
        Method chosen = method.resolve();
        TrainConfig train = new TrainConfig(
                chosen,
                epochs == null ? method.preset.epochs : epochs,
                optimization.batch,
                seed,
                optimization.resolve(chosen),
                method.headPolicy(),
                optimization.norm,
                compute.resolve(),
                method.headStart);
        return new RunConfig(model.resolve(), data.resolve(), train, threads.count());
    }
}
