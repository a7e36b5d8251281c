package io.meristem.cli;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.adapter.AdapterOptions;
import io.meristem.adapter.ComputePlan;
import io.meristem.artifact.Json;
import io.meristem.job.PlanJob;
import io.meristem.op.ConvKernels;
import io.meristem.tune.Lora;
import io.meristem.tune.Optimization;
import io.meristem.tune.TrainConfig;
import io.meristem.zoo.ModelSpec;
import io.meristem.zoo.Models;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "plan",
        mixinStandardHelpOptions = true,
        customSynopsis = "meristem plan [OPTIONS]",
        sortOptions = false,
        description = {
            "Shows how each layer with an adapter would be computed on this machine.",
            "With --plan measured, ways that were not timed here before are timed, which takes some seconds; training with the same option then finds them."
        })
final class PlanCommand implements Callable<Integer> {

    @Spec
    CommandSpec spec;

    @Option(
            names = "--model",
            defaultValue = "mobilenet_v2",
            paramLabel = "NAME",
            description = "The network. Default: ${DEFAULT-VALUE}.")
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
            description = "Of every adapter. Default: ${DEFAULT-VALUE}.")
    int rank;

    @Option(names = "--classes", defaultValue = "5", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}.")
    int classes;

    @Mixin
    ComputeOptions compute;

    @Mixin
    Threads threads;

    @Mixin
    OutputOptions output;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        Environment.warn(spec.commandLine().getErr());
        ModelSpec network = Models.find(model);
        int side = side(network, size);
        if (classes < 2) {
            throw new InputException(
                    ErrorCode.OUT_OF_RANGE, "A classifier needs at least two classes: give --classes 2 or more.");
        }
        TrainConfig config = TrainConfig.builder(
                        new Lora(rank, AdapterOptions.DEFAULT), 1, batch, 0, Optimization.plain(1e-3))
                .compute(compute.resolve())
                .build();
        ComputePlan plan = PlanJob.run(network, config, classes, side, threads.count());
        if (output.json) {
            Map<String, Object> result = new LinkedHashMap<>();
            result.put("model", network.name());
            result.put("batch", batch);
            result.put("size", side);
            result.put("rank", rank);
            result.put("compute", config.compute());
            result.put("layers", plan.rows());
            out.print(Json.pretty(result));
        } else {
            print(out, plan);
        }
        out.flush();
        return 0;
    }

    /** The side that is asked for, or the model's; one that the model cannot take is refused. */
    static int side(ModelSpec network, Integer size) {
        int side = size == null ? network.inputSize() : size;
        if (side < network.minSize()) {
            throw new InputException(
                    ErrorCode.OUT_OF_RANGE,
                    "%s needs at least %s pixels a side, not %s: give a larger --size.",
                    network.name(),
                    network.minSize(),
                    side);
        }
        return side;
    }

    private static void print(PrintWriter out, ComputePlan plan) {
        Table table = new Table("layer", "kind", "input", "rank", "form", "kernels", "ms");
        double sum = 0;
        boolean timed = false;
        for (ComputePlan.Row row : plan.rows()) {
            table.row(
                    row.layer(),
                    row.kind(),
                    row.shape(),
                    String.valueOf(row.rank()),
                    row.way().form() == null ? "frozen" : lower(row.way().form()),
                    kernels(row.way().kernels()),
                    Double.isNaN(row.milliseconds()) ? "-" : String.format(Locale.ROOT, "%.2f", row.milliseconds()));
            timed |= !Double.isNaN(row.milliseconds());
            sum += Double.isNaN(row.milliseconds()) ? 0 : row.milliseconds();
        }
        table.print(out);
        out.printf(
                Locale.ROOT,
                "%nKernels are those of the gradients for input and weight, where a layer has a choice. %s%n",
                timed
                        ? String.format(Locale.ROOT, "Together %.0f ms a step, one layer timed at a time.", sum)
                        : "Nothing was timed: the kind of each layer decides. --plan measured times all ways.");
    }

    private static String kernels(ConvKernels kernels) {
        return kernels == null || kernels.equals(ConvKernels.NATIVE)
                ? "-"
                : lower(kernels.input()) + "/" + lower(kernels.weight());
    }

    private static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
