package io.meristem.cli;

import io.meristem.ErrorCode;
import io.meristem.Escape;
import io.meristem.InputException;
import io.meristem.artifact.Json;
import io.meristem.data.folder.Split;
import io.meristem.job.CompareJob;
import io.meristem.job.Comparison;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "compare",
        mixinStandardHelpOptions = true,
        abbreviateSynopsis = true,
        description = {
            "Compares trained runs photo by photo on the photos that they were all judged on.",
            "The first run is compared with each of the others: McNemar's exact test, and a bootstrap of the difference."
        })
final class CompareCommand implements Callable<Integer> {

    @Spec
    CommandSpec spec;

    @Parameters(arity = "1..*", paramLabel = "RUN", description = "Folders that 'train --out' wrote, two or more.")
    List<Path> runs;

    @Option(
            names = "--split",
            defaultValue = "TEST",
            paramLabel = "PART",
            description = "test, or val for choosing among the runs. Default: test.")
    Split split;

    @Option(
            names = "--seed",
            defaultValue = "0",
            paramLabel = "N",
            description = "Of the bootstrap. Default: ${DEFAULT-VALUE}.")
    long seed;

    @Option(names = "--list", description = "Also name the photos that two runs call differently.")
    boolean list;

    @Mixin
    CacheOption cache;

    @Mixin
    Threads threads;

    @Mixin
    OutputOptions output;

    @Override
    public Integer call() {
        if (runs.size() < 2) {
            throw new InputException(ErrorCode.MISSING_SETTING, "One run cannot be compared: name two or more.");
        }
        if (split == Split.TRAIN) {
            throw new InputException(
                    ErrorCode.OUT_OF_RANGE,
                    "Runs cannot be compared on what they were trained on: give --split val or test.");
        }
        PrintWriter out = spec.commandLine().getOut();
        Comparison comparison;
        try (Reporter reporter = Reporter.of(out, output, 0)) {
            comparison = CompareJob.run(runs, split, seed, threads.count(), cache.folder(), reporter);
        }
        if (output.json) {
            out.print(Json.pretty(comparison));
        } else {
            print(out, comparison);
        }
        out.flush();
        return 0;
    }

    private void print(PrintWriter out, Comparison comparison) {
        out.println(comparison.photos() + " " + comparison.side() + " photos, the same for all runs");
        out.println();
        Table table = new Table("run", "model", "method", "seed", "right", "accuracy", "95 % interval");
        comparison
                .runs()
                .forEach(run -> table.row(
                        run.run().toString(),
                        run.model(),
                        run.method(),
                        String.valueOf(run.seed()),
                        String.valueOf(run.right()),
                        String.format(Locale.ROOT, "%.2f %%", 100 * run.accuracy()),
                        run.interval().percent()));
        table.print(out);
        comparison.pairs().forEach(pair -> print(out, pair, comparison.pairs().size()));
        out.println();
        comparison.cautions().forEach(caution -> out.println(Escape.line(OptionNames.PLAIN.text(caution))));
    }

    private void print(PrintWriter out, Comparison.Pair pair, int pairs) {
        out.println();
        out.printf(
                Locale.ROOT,
                "%s against %s: %+.2f points (95 %% interval %+.2f to %+.2f), p = %.3g%s%n",
                Escape.line(pair.second().toString()),
                Escape.line(pair.first().toString()),
                100 * pair.difference(),
                100 * pair.interval().low(),
                100 * pair.interval().high(),
                pair.p(),
                pairs == 1 ? "" : String.format(Locale.ROOT, ", %.3g for %d comparisons (Holm)", pair.holm(), pairs));
        out.printf(
                Locale.ROOT,
                "  right: both %d, only the first %d, only the second %d, neither %d%n",
                pair.counts().both(),
                pair.counts().first(),
                pair.counts().second(),
                pair.counts().neither());
        Table table = new Table("  class", "photos", "first right", "second right", "points");
        pair.classes()
                .forEach(c -> table.row(
                        "  " + c.name(),
                        String.valueOf(c.photos()),
                        String.valueOf(c.first()),
                        String.valueOf(c.second()),
                        c.difference() == null ? "-" : String.format(Locale.ROOT, "%+.2f", 100 * c.difference())));
        table.print(out);
        if (list) {
            Table photos = new Table("  photo", "true", "first says", "second says");
            pair.differing().forEach(d -> photos.row("  " + d.path(), d.truth(), d.first(), d.second()));
            out.println();
            photos.print(out);
        }
    }
}
