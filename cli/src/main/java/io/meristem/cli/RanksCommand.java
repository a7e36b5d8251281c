package io.meristem.cli;

import io.meristem.adapter.LayerSize;
import io.meristem.artifact.Json;
import io.meristem.artifact.RunConfig;
import io.meristem.artifact.RunWriter;
import io.meristem.job.AllocateJob;
import io.meristem.rank.Allocation;
import io.meristem.tune.Dra;
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
        name = "ranks",
        mixinStandardHelpOptions = true,
        customSynopsis = "meristem ranks --data FOLDER [OPTIONS]",
        sortOptions = false,
        description =
                "Measures the network on your photos and shows the rank that DRA would give each layer, without training.")
final class RanksCommand implements Callable<Integer> {

    @Spec
    CommandSpec spec;

    @Mixin
    DataOptions data;

    @Mixin
    ModelOptions model;

    @Mixin
    MethodOptions method;

    @Option(
            names = "--seed",
            defaultValue = "0",
            paramLabel = "N",
            description = "Which photos are measured. Default: ${DEFAULT-VALUE}.")
    long seed;

    @Mixin
    ComputeOptions compute;

    @Mixin
    Threads threads;

    @Mixin
    OutputOptions output;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        RunConfig.Model network = Settings.of(model::resolve);
        Dra dra = Settings.of(method::dra);
        Allocation allocation;
        try (Reporter reporter = Reporter.of(out, output, 0)) {
            allocation = AllocateJob.run(
                    network,
                    data.resolve(),
                    dra,
                    method.headPolicy(),
                    seed,
                    compute.resolve(),
                    threads.count(),
                    data.cacheFolder(),
                    reporter);
        }
        if (output.json) {
            Map<String, Object> result = new LinkedHashMap<>();
            result.put("model", network.name());
            result.put("adapter_numbers", allocation.numbers());
            result.put("adapter_mib", LayerSize.mib(allocation.numbers()));
            result.put("layers", RunWriter.rows(allocation));
            out.print(Json.pretty(result));
        } else {
            print(out, allocation);
        }
        out.flush();
        return 0;
    }

    private static void print(PrintWriter out, Allocation allocation) {
        Table table =
                new Table("layer", "kind", "raw CKA", "debiased", "spread", "factor", "importance", "rank", "numbers");
        for (Allocation.Row row : allocation.rows()) {
            table.row(
                    row.layer().name(),
                    row.layer().kind(),
                    number(row.similarity().raw()),
                    number(row.similarity().debiased()),
                    number(row.similarity().spread()),
                    number(row.correction()),
                    number(row.importance()),
                    String.valueOf(row.rank()),
                    String.valueOf(row.numbers()));
        }
        table.print(out);
        out.printf(
                Locale.ROOT,
                "%nTogether %d trainable numbers, %.2f MiB.%n",
                allocation.numbers(),
                LayerSize.mib(allocation.numbers()));
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.3f", value);
    }
}
