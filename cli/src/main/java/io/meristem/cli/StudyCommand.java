package io.meristem.cli;

import io.meristem.CancelledException;
import io.meristem.Escape;
import io.meristem.InputException;
import io.meristem.artifact.Json;
import io.meristem.study.PlannedRun;
import io.meristem.study.Presets;
import io.meristem.study.Question;
import io.meristem.study.ResultTable;
import io.meristem.study.RunLine;
import io.meristem.study.Scale;
import io.meristem.study.Study;
import io.meristem.study.StudyJob;
import io.meristem.study.StudyReader;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "study",
        mixinStandardHelpOptions = true,
        customSynopsis = {
            "meristem study --preset NAME --data FOLDER --out FOLDER [OPTIONS]",
            "       meristem study STUDY.json --out FOLDER [OPTIONS]",
            "       meristem study --out FOLDER"
        },
        sortOptions = false,
        description = {
            "Compares: runs every model with every method, set of photos and seed, and writes tables.",
            "Give the same command again, or only --out, to go on after a stop or Ctrl-C; what is finished is not run again.",
            "Exit code 1 says that some run failed; the others are done nevertheless."
        })
final class StudyCommand implements Callable<Integer> {

    /** For {@code --help}. */
    static final class PresetNames implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Presets.names().iterator();
        }
    }

    @Spec
    CommandSpec spec;

    @Parameters(
            arity = "0..1",
            paramLabel = "STUDY.json",
            description = "What is compared: docs/study.md. Its relative paths count from its folder.")
    Path file;

    @Option(
            names = "--preset",
            paramLabel = "NAME",
            completionCandidates = PresetNames.class,
            description =
                    "A study that comes with this program: ${COMPLETION-CANDIDATES}. table1 and so on are those of the published study.")
    String preset;

    @Option(
            names = "--out",
            required = true,
            paramLabel = "FOLDER",
            description = "Where runs and tables go: a new folder, or a study's to go on with.")
    Path out;

    @Mixin
    StudyOptions options;

    @Mixin
    CacheOption cache;

    @Option(names = "--dry-run", description = "Say what would be run, with sizes, and do nothing.")
    boolean dryRun;

    @Mixin
    Threads threads;

    @Mixin
    MemoryOption memory;

    @Mixin
    OutputOptions output;

    @Override
    public Integer call() {
        PrintWriter console = spec.commandLine().getOut();
        Study study = Settings.of(() -> study(options.scale()));
        if (dryRun) {
            plan(console, StudyJob.plan(study, out));
            return 0;
        }
        Environment.warn(spec.commandLine().getErr());
        StudyJob.Outcome outcome;
        try (StudyReporter reporter = new StudyReporter(console, output.json);
                Interrupts interrupts = new Interrupts(spec.commandLine().getErr())) {
            try {
                outcome = StudyJob.run(
                        study, out, threads.count(), cache.folder(), reporter, interrupts.token(), memory.ignored);
            } catch (CancelledException e) {
                spec.commandLine()
                        .getErr()
                        .println(Escape.line("meristem: Stopped. Go on with: meristem study --out " + out));
                spec.commandLine().getErr().flush();
                return interrupts.code();
            }
        }
        if (output.json) {
            console.print(Json.pretty(outcome.runs()));
        } else {
            print(console, study, outcome);
        }
        console.flush();
        return outcome.failed() == 0 ? 0 : Main.FAILED;
    }

    private Study study(Scale scale) {
        if (file != null && preset != null) {
            throw new InputException("Both " + file + " and --preset " + preset + " are given: choose one of them.");
        }
        if (preset != null) {
            return StudyReader.preset(preset, scale);
        }
        Path spec = file == null ? StudyJob.specification(out) : file;
        if (file == null && !Files.exists(spec)) {
            throw new InputException("There is no study in " + out
                    + " to go on with: give a study's file, or --preset, one of " + String.join(", ", Presets.names())
                    + ".");
        }
        return StudyReader.file(spec, scale);
    }

    private void plan(PrintWriter console, List<PlannedRun> runs) {
        if (output.json) {
            console.print(Json.pretty(runs));
        } else {
            Table table =
                    new Table("run", "model", "photos", "method", "seed", "epochs", "for training", "MiB", "state");
            runs.forEach(run -> table.row(
                    run.key() == null ? "(key follows from its size)" : run.key(),
                    run.model(),
                    run.data(),
                    run.method(),
                    String.valueOf(run.seed()),
                    String.valueOf(run.epochs()),
                    String.valueOf(run.photos()),
                    run.sizeMib(),
                    run.state()));
            table.print(console);
            long finished =
                    runs.stream().filter(run -> run.state().equals("finished")).count();
            console.printf(Locale.ROOT, "%n%d runs, %d of them finished. Nothing was done.%n", runs.size(), finished);
        }
        console.flush();
    }

    private void print(PrintWriter console, Study study, StudyJob.Outcome outcome) {
        for (int i = 0; i < outcome.tables().size(); i++) {
            ResultTable table = outcome.tables().get(i);
            console.println();
            if (study.questions().get(i).kind() == Question.Kind.CURVES) {
                // For programs to draw.
                console.println(
                        Escape.line(table.title() + ": " + out.resolve("tables").resolve(table.id() + ".csv")));
            } else {
                print(console, table);
            }
        }
        console.println();
        List<String> failed = outcome.runs().stream()
                .filter(run -> run.status() == RunLine.Status.FAILED)
                .map(RunLine::key)
                .collect(Collectors.toList());
        if (!failed.isEmpty()) {
            console.printf(
                    Locale.ROOT,
                    "%d of %d runs FAILED: %s. Give the command again to try them again.%n",
                    failed.size(),
                    outcome.runs().size(),
                    String.join(", ", failed));
        }
        console.println(Escape.line("Tables are in " + out.resolve("tables") + ", runs in " + out.resolve("runs")));
    }

    private static void print(PrintWriter console, ResultTable table) {
        console.println(Escape.line(table.title()));
        console.println();
        Table text = new Table(table.columns().toArray(String[]::new));
        table.rows().forEach(row -> text.row(row.toArray(String[]::new)));
        text.print(console);
        console.println();
        table.notes().forEach(note -> console.println(Escape.line(note)));
    }
}
