package io.meristem.cli;

import io.meristem.CancelledException;
import io.meristem.ErrorCode;
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
import io.meristem.study.StudyLines;
import io.meristem.study.StudyReader;
import io.meristem.study.TableText;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Function;
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
            "       meristem study --out FOLDER",
            "       meristem study tables FOLDER [--table ID] [--format FORMAT]",
            "       meristem study lines STUDY --to FOLDER"
        },
        subcommands = {StudyCommand.TablesCommand.class, StudyCommand.LinesCommand.class},
        sortOptions = false,
        description = {
            "Compares: runs every model with every method, set of photos and seed, and writes tables.",
            "Give the same command again, or only --out, to resume after a stop or Ctrl-C; what is finished is not run again.",
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
            paramLabel = "FOLDER",
            description = "Where runs and tables go: a new folder, or a study's to resume.")
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

    @Command(
            name = "tables",
            mixinStandardHelpOptions = true,
            sortOptions = false,
            description = {
                "Makes a study's tables from its specification and its lines (study.json and runs.jsonl), and prints them.",
                "Neither photos nor weights nor run folders need to be there. Tables of courses, of sizes within runs and of perturbed photos need more than lines, and are left out."
            })
    static final class TablesCommand implements Callable<Integer> {

        /** How a table is written. */
        enum Format {
            md(TableText::markdown),
            csv(TableText::csv),
            latex(TableText::latex);

            private final Function<ResultTable, String> text;

            Format(Function<ResultTable, String> text) {
                this.text = text;
            }
        }

        @Spec
        CommandSpec spec;

        @Parameters(paramLabel = "FOLDER", description = "A study's folder, or one that 'study lines' made.")
        Path folder;

        @Option(names = "--table", paramLabel = "ID", description = "Only this one. Default: all.")
        String id;

        @Option(
                names = "--format",
                paramLabel = "FORMAT",
                defaultValue = "md",
                description = "${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
        Format format;

        @Override
        public Integer call() {
            List<ResultTable> tables = StudyLines.tables(folder);
            List<ResultTable> wanted = tables.stream()
                    .filter(table -> id == null || table.id().equals(id))
                    .toList();
            if (wanted.isEmpty()) {
                throw new InputException(
                        ErrorCode.UNKNOWN_NAME,
                        "No table %sfollows from the lines of %s%s",
                        id == null ? "" : "'" + id + "' ",
                        folder,
                        tables.isEmpty()
                                ? "."
                                : "; those that do are "
                                        + tables.stream().map(ResultTable::id).collect(Collectors.joining(", "))
                                        + ".");
            }
            PrintWriter console = spec.commandLine().getOut();
            console.print(wanted.stream().map(format.text).collect(Collectors.joining("\n")));
            console.flush();
            return 0;
        }
    }

    @Command(
            name = "lines",
            mixinStandardHelpOptions = true,
            sortOptions = false,
            description = {
                "Copies a study's specification, without paths, and its line per run to a folder that is small enough for a repository.",
                "'study tables' makes the tables from it, and 'study' repeats it with --data and --weights."
            })
    static final class LinesCommand implements Callable<Integer> {

        @Spec
        CommandSpec spec;

        @Parameters(paramLabel = "STUDY", description = "A study's folder.")
        Path study;

        @Option(
                names = "--to",
                required = true,
                paramLabel = "FOLDER",
                description = "Made where it is not there; study.json and runs.jsonl in it are replaced.")
        Path to;

        @Override
        public Integer call() {
            StudyLines.copy(study, to);
            spec.commandLine().getOut().println("Specification and lines are in " + to);
            spec.commandLine().getOut().flush();
            return 0;
        }
    }

    @Override
    public Integer call() {
        PrintWriter console = spec.commandLine().getOut();
        if (out == null) {
            throw new InputException(
                    ErrorCode.MISSING_SETTING, "A study needs a folder: give --out, a new one or a study's to resume.");
        }
        Study study = study(options.scale());
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
                        .println(Escape.line("meristem: Stopped. Resume with: meristem study --out " + out));
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
            throw new InputException(
                    ErrorCode.CONFLICTING_SETTINGS,
                    "Both %s and --preset %s are given: choose one of them.",
                    file,
                    preset);
        }
        if (preset != null) {
            return StudyReader.preset(preset, scale);
        }
        Path spec = file == null ? StudyJob.specification(out) : file;
        if (file == null && !Files.exists(spec)) {
            throw new InputException(
                    ErrorCode.NOT_FOUND,
                    "There is no study in %s to resume: give a study's file, or --preset, one of %s.",
                    out,
                    String.join(", ", Presets.names()));
        }
        return StudyReader.file(spec, scale);
    }

    private void plan(PrintWriter console, List<PlannedRun> runs) {
        if (output.json) {
            console.print(Json.pretty(runs));
        } else {
            boolean tuned = runs.stream().anyMatch(run -> run.role().equals("tuning"));
            Table table = new Table(
                    "run", "model", "photos", "method", "settings", "seed", "epochs", "for training", "MiB", "state");
            runs.forEach(run -> table.row(
                    run.key() != null
                            ? run.key()
                            : run.trial() == null ? "(key follows from tuning)" : "(key follows from its size)",
                    run.model(),
                    run.data(),
                    run.method(),
                    run.trial() == null ? "what tuning chooses" : run.trial(),
                    String.valueOf(run.seed()),
                    String.valueOf(run.epochs()),
                    String.valueOf(run.photos()),
                    run.sizeMib(),
                    run.state()));
            table.print(console);
            console.println();
            if (tuned) {
                runs.stream()
                        .collect(Collectors.groupingBy(PlannedRun::role, LinkedHashMap::new, Collectors.toList()))
                        .forEach((role, some) -> console.println(role + ": " + summary(some)));
            }
            console.println(summary(runs) + " Nothing was done.");
        }
        console.flush();
    }

    private static String summary(List<PlannedRun> runs) {
        List<PlannedRun> missing =
                runs.stream().filter(run -> !run.state().equals("finished")).toList();
        String counts = runs.size() + (runs.size() == 1 ? " run, " : " runs, ") + (runs.size() - missing.size())
                + " of them finished.";
        if (missing.isEmpty()) {
            return counts;
        }
        if (missing.stream().anyMatch(run -> run.seconds() == null)) {
            long views = missing.stream()
                    .mapToLong(run -> (long) run.epochs() * run.photos())
                    .sum();
            return counts + " Those that are missing train on " + String.format(Locale.ROOT, "%,d", views)
                    + " photos, counted once an epoch; how long that takes is known after the first run.";
        }
        double seconds = missing.stream().mapToDouble(PlannedRun::seconds).sum();
        return counts + " Those that are missing will take "
                + StudyReporter.words(Duration.ofMillis(Math.round(1000 * seconds))) + ".";
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
