package io.meristem.cli;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.adapter.AdapterOptions;
import io.meristem.artifact.Json;
import io.meristem.bench.CurveBench;
import io.meristem.bench.MemoryBench;
import io.meristem.bench.StepBench;
import io.meristem.tune.AdaLora;
import io.meristem.tune.Compute;
import io.meristem.tune.Dra;
import io.meristem.tune.DyLora;
import io.meristem.tune.FullTuning;
import io.meristem.tune.HeadOnly;
import io.meristem.tune.Lora;
import io.meristem.tune.Method;
import io.meristem.zoo.ModelSpec;
import io.meristem.zoo.Models;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Times training steps on this machine, and measures their memory.",
        subcommands = {BenchCommand.Step.class, BenchCommand.Curve.class, BenchCommand.MemoryUse.class})
final class BenchCommand implements Callable<Integer> {

    @Spec
    CommandSpec spec;

    @Override
    public Integer call() {
        throw new InputException(
                ErrorCode.MISSING_SETTING, "Say what to measure: meristem bench step, bench curve or bench memory.");
    }

    private static void requireOne(String option, int value) {
        if (value < 1) {
            throw new InputException(ErrorCode.OUT_OF_RANGE, "%s takes a number from 1 on, not %s.", option, value);
        }
    }

    /** What both have in common. */
    static final class Common {

        @Option(
                names = "--model",
                defaultValue = "mobilenet_v2",
                paramLabel = "NAME",
                description = "The network, with random weights. Default: ${DEFAULT-VALUE}.")
        String model;

        @Option(
                names = "--batch",
                defaultValue = "32",
                paramLabel = "N",
                description = "Photos per step. Default: ${DEFAULT-VALUE}.")
        int batch;

        @Option(names = "--size", paramLabel = "PIXELS", description = "Side of the input. Default: the model's.")
        Integer size;

        @Option(
                names = "--rank",
                defaultValue = "8",
                paramLabel = "R",
                description = "LoRA's rank. Default: ${DEFAULT-VALUE}.")
        int rank;

        @Mixin
        ComputeOptions compute;

        @Mixin
        Threads threads;

        @Mixin
        OutputOptions output;

        ModelSpec spec() {
            requireOne("--batch", batch);
            requireOne("--rank", rank);
            return Models.find(model);
        }
    }

    @Command(
            name = "step",
            mixinStandardHelpOptions = true,
            sortOptions = false,
            description = {
                "Times whole training steps of each method against the floor: forward and input gradient of the frozen network.",
                "All run in one process, in turn; figures are medians and ratios of medians."
            })
    static final class Step implements Callable<Integer> {

        @Spec
        CommandSpec spec;

        @Mixin
        Common common;

        @Option(
                names = "--rounds",
                defaultValue = "7",
                paramLabel = "N",
                description = "Steps of each that are counted. Default: ${DEFAULT-VALUE}.")
        int rounds;

        @Option(
                names = "--methods",
                split = ",",
                defaultValue = "lora,dra,same,full",
                paramLabel = "NAMES",
                description =
                        "Any of lora, dra, same (LoRA at DRA's size), adalora, dylora and full. Default: ${DEFAULT-VALUE}.")
        List<String> methods;

        @Override
        public Integer call() {
            PrintWriter out = spec.commandLine().getOut();
            Environment.warn(spec.commandLine().getErr());
            ModelSpec network = common.spec();
            requireOne("--rounds", rounds);
            List<String> known = List.of("lora", "dra", "same", "adalora", "dylora", "full");
            for (String method : methods) {
                if (!known.contains(method)) {
                    throw new InputException(
                            ErrorCode.UNKNOWN_NAME,
                            "--methods names '%s', which is none of %s: choose among these.",
                            method,
                            String.join(", ", known));
                }
            }
            Map<String, Object> report = StepBench.run(new StepBench.Settings(
                    network,
                    common.batch,
                    PlanCommand.side(network, common.size),
                    common.rank,
                    rounds,
                    common.threads.count(),
                    common.compute.resolve(),
                    methods));
            print(out, report, common.output.json);
            return 0;
        }
    }

    @Command(
            name = "curve",
            mixinStandardHelpOptions = true,
            sortOptions = false,
            description =
                    "Trains LoRA for some steps from a start that is written to a folder, for other software to repeat, and prints the losses.")
    static final class Curve implements Callable<Integer> {

        @Spec
        CommandSpec spec;

        @Mixin
        Common common;

        @Option(names = "--steps", defaultValue = "100", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}.")
        int steps;

        @Option(
                names = "--dump",
                required = true,
                paramLabel = "FOLDER",
                description = "Gets weights, first adapters and batches.")
        Path folder;

        @Override
        public Integer call() {
            ModelSpec network = common.spec();
            Compute compute = common.compute.resolve();
            List<Double> losses = CurveBench.run(new CurveBench.Settings(
                    network,
                    common.batch,
                    PlanCommand.side(network, common.size),
                    common.rank,
                    steps,
                    common.threads.count(),
                    compute.precision(),
                    folder));
            Map<String, Object> report = new LinkedHashMap<>();
            report.put("model", network.name());
            report.put("precision", compute.precision().name().toLowerCase(Locale.ROOT));
            report.put("losses", losses);
            print(spec.commandLine().getOut(), report, common.output.json);
            return 0;
        }
    }

    @Command(
            name = "memory",
            mixinStandardHelpOptions = true,
            sortOptions = false,
            description = {
                "Trains on noise for many steps and prints the process's memory as it goes: resident MiB, its peak, tensors that are kept.",
                "Beside the peak stands what 'train' would have predicted."
            })
    static final class MemoryUse implements Callable<Integer> {

        private static final int LEAST_STEPS = 10;

        /** As for {@code train --method}, with its usual settings. */
        enum Name {
            LORA,
            DRA,
            ADALORA,
            DYLORA,
            FULL,
            HEAD
        }

        @Spec
        CommandSpec spec;

        @Mixin
        Common common;

        @Option(
                names = "--method",
                defaultValue = "LORA",
                paramLabel = "NAME",
                description =
                        "lora (of --rank), dra, adalora, dylora, full or head, with their usual settings. Default: lora.")
        Name method;

        @Option(names = "--steps", defaultValue = "300", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}.")
        int steps;

        @Override
        public Integer call() {
            Environment.warn(spec.commandLine().getErr());
            ModelSpec network = common.spec();
            if (steps < LEAST_STEPS) {
                throw new InputException(ErrorCode.OUT_OF_RANGE, "--steps takes a number from %s on.", LEAST_STEPS);
            }
            Map<String, Object> report = MemoryBench.run(new MemoryBench.Settings(
                    network,
                    common.batch,
                    PlanCommand.side(network, common.size),
                    method(),
                    steps,
                    common.threads.count(),
                    common.compute.resolve()));
            print(spec.commandLine().getOut(), report, common.output.json);
            return 0;
        }

        private Method method() {
            return switch (method) {
                case LORA -> new Lora(common.rank, AdapterOptions.DEFAULT);
                case DRA -> Dra.DEFAULT;
                case ADALORA -> AdaLora.DEFAULT;
                case DYLORA -> DyLora.DEFAULT;
                case FULL -> new FullTuning();
                case HEAD -> new HeadOnly();
            };
        }
    }

    private static void print(PrintWriter out, Map<String, Object> report, boolean json) {
        if (json) {
            out.print(Json.pretty(report));
        } else {
            report.forEach((name, value) -> out.println(name.replace('_', ' ') + ": "
                    + (value instanceof Double d ? String.format(Locale.ROOT, "%.2f", d) : value)));
        }
        out.flush();
    }
}
