package io.meristem.cli;

import io.meristem.CancelToken;
import io.meristem.CancelledException;
import io.meristem.ErrorCode;
import io.meristem.Escape;
import io.meristem.InputException;
import io.meristem.artifact.Checkpoints;
import io.meristem.artifact.Json;
import io.meristem.artifact.RunConfig;
import io.meristem.artifact.RunFolder;
import io.meristem.artifact.RunResult;
import io.meristem.data.folder.ImageFolder;
import io.meristem.job.LocalWorkers;
import io.meristem.job.MemoryCheck;
import io.meristem.job.TrainJob;
import io.meristem.job.Workers;
import io.meristem.tune.Method;
import io.meristem.tune.TrainConfig;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
        name = "train",
        mixinStandardHelpOptions = true,
        customSynopsis = {"meristem train --data FOLDER --out FOLDER [OPTIONS]", "       meristem train --resume FOLDER"
        },
        sortOptions = false,
        description = {
            "Fine-tunes a network on your photos and writes a run folder.",
            "The best epoch is chosen on the validation photos; the test photos are looked at once, at the end.",
            "Ctrl-C stops after the current step; --resume resumes a run that was stopped or killed, with the same result as if it had not been."
        })
final class TrainCommand implements Callable<Integer> {

    /** All that may stand beside {@code --resume}. */
    private static final Set<String> WITH_RESUME =
            Set.of("--resume", "--checkpoint-steps", "--cache", "--json", "--nice", "--workers");

    @Spec
    CommandSpec spec;

    @Mixin
    DataOptions data;

    @Option(names = "--out", paramLabel = "FOLDER", description = "Where the run goes: a new folder.")
    Path out;

    @Option(
            names = "--resume",
            paramLabel = "FOLDER",
            description =
                    "Resume the run in this folder, with its own settings; photos and weights must be as they were.")
    Path resume;

    @Option(
            names = "--checkpoint-steps",
            paramLabel = "N",
            description =
                    "Keep what --resume needs after every N steps too, not only after each epoch. Default: 0, each epoch.")
    Integer checkpointSteps;

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

    @Option(
            names = "--workers",
            paramLabel = "N",
            description =
                    "Processes on this machine that train together, each on its share of every batch, with --threads processors each. Default: 1; with --resume, as the run began.")
    Integer workers;

    @Mixin
    MemoryOption memory;

    @Mixin
    OutputOptions output;

    @Override
    public Integer call() throws IOException {
        PrintWriter console = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        if (checkpointSteps != null && checkpointSteps < 0) {
            throw new InputException(
                    ErrorCode.OUT_OF_RANGE, "--checkpoint-steps takes a number from 0 on, not %s.", checkpointSteps);
        }
        Workers together = workers == null ? null : new LocalWorkers(workers);
        refuseSettingsOfResumed();
        if (resume == null) {
            requirePlaces();
        }
        RunConfig config = resume == null ? config() : null;
        if (config != null && !memory.ignored) {
            MemoryCheck.require(config, together == null ? 1 : together.count());
        }
        Path run = resume == null ? out : resume;
        Environment.warn(err);
        if ((together == null ? TrainJob.workers(run) : together.count()) > 1) {
            StandardOutput.withoutLibraries(); // Gloo prints a line when workers have met
        }
        RunResult result;
        try (Interrupts interrupts = new Interrupts(err)) {
            try {
                result = train(console, config, run, interrupts.token(), together);
            } catch (CancelledException e) {
                err.println("meristem: " + Escape.line(stopped(run)));
                err.flush();
                return interrupts.code();
            }
        }
        if (output.json) {
            console.print(Json.pretty(result));
        } else {
            console.println();
            console.print(Files.readString(run.resolve(RunFolder.SUMMARY)));
            console.println();
            console.println(Escape.line("The run is in " + run));
        }
        console.flush();
        return 0;
    }

    private void requirePlaces() {
        data.require();
        if (out == null) {
            throw new ParameterException(spec.commandLine(), "Missing required option: '--out=FOLDER'");
        }
    }

    private RunResult train(PrintWriter console, RunConfig config, Path run, CancelToken token, Workers together) {
        int epochsOfRun =
                config == null ? RunFolder.epochs(run) : config.train().epochs();
        try (Reporter reporter = config == null
                ? Reporter.of(console, output, epochsOfRun)
                : Reporter.checking(console, output, epochsOfRun, threads.count())) {
            if (config != null) {
                data.foundGroups(config.data()).ifPresent(reporter::onNote);
                method.note().ifPresent(reporter::onNote);
            }
            return config == null
                    ? TrainJob.resume(run, data.cache.folder(), checkpointSteps, reporter, token, together)
                    : TrainJob.run(
                            config,
                            compute.file(),
                            run,
                            data.cache.folder(),
                            checkpointSteps == null ? 0 : checkpointSteps,
                            reporter,
                            token,
                            together == null ? Workers.NONE : together);
        }
    }

    /** A stopped run is resumed with its own settings. */
    private void refuseSettingsOfResumed() {
        if (resume == null) {
            return;
        }
        Map<String, String> typed = OptionNames.typed(spec.commandLine().getParseResult());
        List<String> others = spec.commandLine().getParseResult().matchedOptions().stream()
                .map(OptionSpec::longestName)
                .filter(name -> !WITH_RESUME.contains(name))
                .map(name -> typed.getOrDefault(name, name))
                .toList();
        if (!others.isEmpty()) {
            throw new InputException(
                    ErrorCode.CONFLICTING_SETTINGS,
                    "A run is resumed with the settings that it began with: leave out %s beside --resume.",
                    String.join(", ", others));
        }
    }

    private static String stopped(Path run) {
        return Checkpoints.newest(run)
                .map(at -> "Stopped " + at.words() + ". Resume with: meristem train --resume " + run)
                .orElse("Stopped before the training began; nothing is left in " + run + ".");
    }

    RunConfig config() {
        RunConfig.Model network = model.resolve();
        RunConfig.Data photos = data.resolve();
        Method chosen = method.resolve(network.name(), () -> ImageFolder.scan(Path.of(photos.folder()), photos.split())
                .classes()
                .size());
        TrainConfig train = TrainConfig.builder(
                        chosen,
                        epochs == null ? method.preset.epochs : epochs,
                        optimization.batch == null ? method.preset.batchSize : optimization.batch,
                        seed,
                        optimization.resolve(chosen, method.preset))
                .head(method.headPolicy())
                .norm(optimization.norm)
                .compute(compute.withFile())
                .headStart(method.headStart)
                .onDivergence(optimization.onDivergence)
                .trainNorm(method.trainNorm())
                .ema(optimization.ema == null ? method.preset.ema : optimization.ema)
                .build();
        return new RunConfig(network, photos, train, threads.count(workers == null ? 1 : workers));
    }
}
