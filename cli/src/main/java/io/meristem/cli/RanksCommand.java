package io.meristem.cli;

import io.meristem.adapter.LayerSize;
import io.meristem.artifact.Json;
import io.meristem.artifact.RunConfig;
import io.meristem.artifact.RunWriter;
import io.meristem.job.AllocateJob;
import io.meristem.rank.Allocation;
import io.meristem.tune.Dra;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
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
            description = "Which photos are measured, and what --scorer random draws. Default: ${DEFAULT-VALUE}.")
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
        data.require();
        RunConfig.Model network = Settings.of(model::resolve);
        Dra dra = Settings.of(method::dra);
        Allocation allocation;
        RunConfig.Data photos = data.resolve();
        try (Reporter reporter = Reporter.of(out, output, 0)) {
            data.foundGroups(photos).ifPresent(reporter::onNote);
            allocation = AllocateJob.run(
                    network,
                    photos,
                    dra,
                    method.headPolicy(),
                    method.headStart,
                    method.trainNorm(),
                    seed,
                    compute.resolve(),
                    threads.count(),
                    data.cache.folder(),
                    reporter);
        }
        if (output.json) {
            Map<String, Object> result = new LinkedHashMap<>();
            result.put("model", network.name());
            result.put("scorer", allocation.scorer());
            result.put("adapter_numbers", allocation.numbers());
            result.put("adapter_mib", LayerSize.mib(allocation.numbers()));
            result.put("own_numbers", allocation.own());
            result.put("own_mib", LayerSize.mib(allocation.own()));
            result.put("layers", RunWriter.rows(allocation));
            out.print(Json.pretty(result));
        } else {
            print(out, allocation);
        }
        out.flush();
        return 0;
    }

    private static void print(PrintWriter out, Allocation allocation) {
        List<String> head = new ArrayList<>(List.of("layer", "kind"));
        Set<String> measures = allocation.rows().get(0).score().measures().keySet();
        measures.forEach(measure -> head.add(measure.replace('_', ' ')));
        head.addAll(List.of("importance", "rank", "numbers"));
        Table table = new Table(head.toArray(new String[0]));
        for (Allocation.Row row : allocation.rows()) {
            List<String> cells =
                    new ArrayList<>(List.of(row.layer().name(), row.layer().kind()));
            measures.forEach(measure -> cells.add(number(row.score().measures().get(measure))));
            cells.add(number(row.score().importance()));
            cells.add(String.valueOf(row.rank()));
            cells.add(String.valueOf(row.numbers()));
            table.row(cells.toArray(new String[0]));
        }
        table.print(out);
        out.printf(
                Locale.ROOT,
                "%nTogether %d trainable numbers, %.3f MiB, by the scorer %s.%n",
                allocation.numbers(),
                LayerSize.mib(allocation.numbers()),
                allocation.scorer());
        if (allocation.own() != allocation.numbers()) {
            out.printf(
                    Locale.ROOT,
                    "Without a budget it would take %d numbers, %.3f MiB.%n",
                    allocation.own(),
                    LayerSize.mib(allocation.own()));
        }
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.3f", value);
    }
}
