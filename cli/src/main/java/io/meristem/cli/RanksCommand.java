package io.meristem.cli;

import io.meristem.Escape;
import io.meristem.adapter.LayerSize;
import io.meristem.artifact.Json;
import io.meristem.artifact.RankLine;
import io.meristem.artifact.RunConfig;
import io.meristem.job.AllocateJob;
import io.meristem.rank.Allocation;
import io.meristem.rank.ScorerSummary;
import io.meristem.tune.Dra;
import io.meristem.tune.NormTraining;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Collections;
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

    /** Characters of a line where there is no screen. */
    private static final int WIDE = 120;

    private static final int LEAST_PICTURE = 8;
    private static final int MOST_PICTURE = 24;
    private static final double PERCENT = 100;

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
        RunConfig.Model network = model.resolve();
        Dra dra = method.dra();
        AllocateJob.Shared shared;
        RunConfig.Data photos = data.resolve();
        try (Reporter reporter = Reporter.of(out, output, 0)) {
            data.foundGroups(photos).ifPresent(reporter::onNote);
            shared = AllocateJob.run(
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
            out.print(Json.pretty(json(network, shared)));
        } else {
            // Where nobody looks there is no screen to keep to.
            print(out, shared, Bars.shown() ? spec.usageMessage().width() : WIDE);
        }
        out.flush();
        return 0;
    }

    private Map<String, Object> json(RunConfig.Model network, AllocateJob.Shared shared) {
        Allocation allocation = shared.allocation();
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("model", network.name());
        result.put("scorer", allocation.scorer());
        result.put("seen", allocation.sight().sentence());
        long norm = shared.normNumbers();
        if (method.trainNorm() != NormTraining.NONE) {
            result.put("train_norm", method.trainNorm().name().toLowerCase(Locale.ROOT));
            result.put("factor_numbers", allocation.numbers());
            result.put("factor_mib", LayerSize.mib(allocation.numbers()));
            result.put("norm_numbers", norm);
            result.put("norm_mib", LayerSize.mib(norm));
        }
        result.put("adapter_numbers", allocation.numbers() + norm);
        result.put("adapter_mib", LayerSize.mib(allocation.numbers() + norm));
        result.put("own_numbers", allocation.own() + norm);
        result.put("own_mib", LayerSize.mib(allocation.own() + norm));
        result.put("layers", RankLine.layers(allocation));
        return result;
    }

    /** @param width characters of a line */
    static void print(PrintWriter out, AllocateJob.Shared shared, int width) {
        Allocation allocation = shared.allocation();
        ScorerSummary sight = allocation.sight();
        Set<String> measures = allocation.rows().get(0).score().measures().keySet();
        Table table = table(allocation, sight, measures, shared.normNumbers());
        int left = width - table.width() - Table.GAP;
        boolean narrow = left < LEAST_PICTURE;
        if (narrow) {
            table = table(allocation, sight, Set.of(), shared.normNumbers());
            left = width - table.width() - Table.GAP;
        }
        if (left >= LEAST_PICTURE) {
            List<String> pictures =
                    new ArrayList<>(List.of(sight.hasDirections() ? "gain by direction" : "importance"));
            int most = Math.min(left, MOST_PICTURE);
            for (ScorerSummary.Layer layer : sight.layers()) {
                pictures.add(
                        sight.hasDirections()
                                ? Picture.columns(layer.gains(), most)
                                : Picture.bar(layer.importance(), most));
            }
            pictures.set(0, pictures.get(0).length() > most ? "" : pictures.get(0));
            table.print(out, pictures);
        } else {
            table.print(out);
        }
        out.printf(
                Locale.ROOT,
                "%nTogether %d trainable numbers, %.3f MiB, by the scorer %s%s.%n",
                allocation.numbers() + shared.normNumbers(),
                LayerSize.mib(allocation.numbers() + shared.normNumbers()),
                allocation.scorer(),
                shared.normNumbers() == 0
                        ? ""
                        : String.format(
                                Locale.ROOT,
                                ": %d of the factors, %d of the normalisation",
                                allocation.numbers(),
                                shared.normNumbers()));
        out.println(Escape.line(sight.sentence()));
        if (allocation.own() != allocation.numbers()) {
            out.printf(
                    Locale.ROOT,
                    "Without a budget it would take %d numbers, %.3f MiB.%n",
                    allocation.own() + shared.normNumbers(),
                    LayerSize.mib(allocation.own() + shared.normNumbers()));
        }
        if (narrow && !measures.isEmpty()) {
            out.println("What this follows from ("
                    + String.join(
                            ", ",
                            measures.stream()
                                    .map(name -> name.replace('_', ' '))
                                    .toList())
                    + ") is left out on a screen this narrow; --json has it.");
        }
    }

    private static Table table(Allocation allocation, ScorerSummary sight, Set<String> measures, long norm) {
        List<String> head = new ArrayList<>(List.of("layer", "kind"));
        measures.forEach(measure -> head.add(measure.replace('_', ' ')));
        head.addAll(List.of("importance", "share", "rank", "numbers"));
        Table table = new Table(head.toArray(new String[0]));
        for (int i = 0; i < allocation.rows().size(); i++) {
            Allocation.Row row = allocation.rows().get(i);
            List<String> cells =
                    new ArrayList<>(List.of(row.layer().name(), row.layer().kind()));
            measures.forEach(measure -> cells.add(number(row.score().measures().get(measure))));
            cells.add(number(row.score().importance()));
            cells.add(String.format(
                    Locale.ROOT, "%.1f %%", PERCENT * sight.share(sight.layers().get(i))));
            cells.add(String.valueOf(row.rank()));
            cells.add(String.valueOf(row.numbers()));
            table.row(cells.toArray(new String[0]));
        }
        if (norm > 0) {
            List<String> cells = new ArrayList<>(List.of("normalisation", "beside"));
            cells.addAll(Collections.nCopies(measures.size() + 3, ""));
            cells.add(String.valueOf(norm));
            table.row(cells.toArray(new String[0]));
        }
        return table;
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.3f", value);
    }
}
