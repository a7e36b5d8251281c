package io.meristem.cli;

import io.meristem.DivergedException;
import io.meristem.Escape;
import io.meristem.FileNames;
import io.meristem.Home;
import io.meristem.InputException;
import io.meristem.WorkerLostException;
import io.meristem.engine.MemoryFailure;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;

/**
 * The command line. Exit codes: 0 done, 1 something failed that is not the user's doing, 2 the input cannot be used, 130 and 143 stopped by Ctrl-C or by a
 * polite kill, 141 the reader of standard output has gone away.
 */
@Command(
        name = "meristem",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        description = {
            "Fine-tunes an image classifier on a folder of photos, one sub-folder per class.",
            "Start with 'meristem demo', or with 'meristem train --data FOLDER --weights NAME --out RUN'."
        },
        subcommands = {
            DemoCommand.class,
            TrainCommand.class,
            EvaluateCommand.class,
            PredictCommand.class,
            CompareCommand.class,
            CalibrateCommand.class,
            ExportCommand.class,
            ImportCommand.class,
            ReportCommand.class,
            RanksCommand.class,
            StudyCommand.class,
            PlanCommand.class,
            BenchCommand.class,
            SizeCommand.class,
            ModelsCommand.class,
            WeightsCommand.class,
            DataCommand.class,
            SynthCommand.class,
            HelpCommand.class
        })
public final class Main {

    /** The user's input cannot be used. */
    static final int BAD_INPUT = 2;

    /** Something failed that the user did not cause. */
    static final int FAILED = 1;

    private Main() {}

    public static void main(String[] args) {
        // For the libraries: numbers have the same digits, and names the same cases, everywhere.
        Locale.setDefault(Locale.ROOT);
        PrintWriter err = new PrintWriter(
                new OutputStreamWriter(new FileOutputStream(FileDescriptor.err), StandardCharsets.UTF_8), true);
        System.exit(run(StandardOutput.ofProcess(), err, args));
    }

    /** As {@link #main}, with the output going elsewhere; returns the exit code. */
    static int run(PrintWriter out, PrintWriter err, String... args) {
        return execute(commandLine().setOut(out).setErr(err), args);
    }

    /** The same, where writing may fail: then the exit code is not 0, whatever the command says. */
    static int run(StandardOutput standard, PrintWriter err, String... args) {
        PrintWriter out = standard.writer();
        Interrupts.output(standard);
        CommandLine commandLine = commandLine().setOut(out).setErr(err);
        Home.listen(sentence -> say(commandLine, sentence));
        int code;
        try {
            code = execute(commandLine, args);
            out.flush();
            standard.end();
        } catch (StandardOutput.BrokenError e) {
            code = FAILED;
        } finally {
            Interrupts.output(null);
            Home.listen(null);
        }
        if (standard.gone()) {
            return StandardOutput.GONE;
        }
        if (standard.failure().isPresent()) {
            say(
                    commandLine,
                    "Standard output cannot be written: " + standard.failure().get() + ".");
            return code == 0 ? FAILED : code;
        }
        return code;
    }

    /** Errors pass picocli's handler of exceptions by; of all of them only want of memory has a sentence. */
    private static int execute(CommandLine commandLine, String... args) {
        try {
            for (String argument : args) {
                FileNames.requireWhole(argument);
            }
            return commandLine.execute(args);
        } catch (InputException e) {
            say(commandLine, OptionNames.PLAIN.text(e.sentence()));
            return BAD_INPUT;
        } catch (OutOfMemoryError e) {
            say(
                    commandLine,
                    MemoryFailure.sentence(e).map(OptionNames.PLAIN::text).orElse(e.toString()));
            return FAILED;
        }
    }

    static CommandLine commandLine() {
        CommandLine commandLine = new CommandLine(new Main());
        commandLine.setCaseInsensitiveEnumValuesAllowed(true);
        commandLine.setUsageHelpAutoWidth(true);
        commandLine.setResourceBundle(new HelpTexts());
        commandLine.registerConverter(Path.class, Main::path);
        commandLine.setParameterExceptionHandler(Main::hint);
        commandLine.setExecutionExceptionHandler(Main::explain);
        commandLine.setExecutionStrategy(Main::guarded);
        return commandLine;
    }

    /** An empty path is what a script gives of a variable that is not set; to Java it is the working folder, which nobody has named. */
    private static Path path(String text) {
        if (text.isEmpty()) {
            throw new CommandLine.TypeConversionException("it is empty, so name a file or folder");
        }
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new CommandLine.TypeConversionException(
                    "there can be no file of this name here (" + e.getReason() + ")");
        }
    }

    /** Runs a command with a guard before the terminal. Help has none: its colours are orders to the terminal, and no names of files are in it. */
    private static int guarded(CommandLine.ParseResult parsed) {
        Integer help = CommandLine.executeHelpRequest(parsed);
        if (help != null) {
            return help;
        }
        CommandLine root = parsed.commandSpec().root().commandLine();
        root.setOut(new SafeWriter(root.getOut()));
        root.setErr(new SafeWriter(root.getErr()));
        return new CommandLine.RunLast().execute(parsed);
    }

    /** One sentence about a command line that cannot be understood, and where to read more. */
    private static int hint(CommandLine.ParameterException e, String[] args) {
        CommandLine commandLine = e.getCommandLine();
        String sentence = firstLine(e).replaceFirst("[.:;]$", "");
        say(commandLine, sentence + ". Try '" + commandLine.getCommandSpec().qualifiedName() + " --help'.");
        return BAD_INPUT;
    }

    static int explain(Exception e, CommandLine commandLine, CommandLine.ParseResult parsed) throws Exception {
        if (e instanceof InputException refusal) {
            say(commandLine, OptionNames.of(commandLine.getParseResult()).text(refusal.sentence()));
            return BAD_INPUT;
        }
        if (e instanceof InvalidPathException path) {
            say(
                    commandLine,
                    "There can be no file of the name " + path.getInput() + " here (" + path.getReason() + ").");
            return BAD_INPUT;
        }
        if (e instanceof DivergedException diverged) {
            say(commandLine, OptionNames.PLAIN.text(diverged.sentence()));
            return FAILED;
        }
        if (e instanceof WorkerLostException lost) {
            say(commandLine, OptionNames.PLAIN.text(lost.sentence()));
            return FAILED;
        }
        Optional<String> memory = MemoryFailure.sentence(e).map(OptionNames.PLAIN::text);
        if (memory.isPresent()) {
            say(commandLine, memory.get());
            return FAILED;
        }
        if (e instanceof IOException || e instanceof UncheckedIOException) {
            say(commandLine, "Reading or writing failed: " + firstLine(e));
            return FAILED;
        }
        if (e.getClass() == RuntimeException.class) {
            // What the engine throws: a native stack trace follows in its message. Our own mistakes have classes of
            // their own, and show whole.
            say(commandLine, "The engine failed: " + firstLine(e));
            return FAILED;
        }
        throw e;
    }

    private static String firstLine(Exception e) {
        String text = e.getMessage() == null ? e.toString() : e.getMessage();
        return text.lines().findFirst().orElse(text).strip();
    }

    private static void say(CommandLine commandLine, String sentence) {
        PrintWriter err = commandLine.getErr();
        err.println("meristem: " + Escape.line(sentence.strip()));
        err.flush();
    }

    /** The version from the jar. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Main.class.getPackage().getImplementationVersion();
            return new String[] {"meristem " + (version == null ? "development" : version)};
        }
    }
}
