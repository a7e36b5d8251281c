package io.meristem.cli;

import io.meristem.InputException;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;

/** The command line. Exit codes: 0 done, 1 something failed that is not the user's doing, 2 the input cannot be used. */
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
            RanksCommand.class,
            SizeCommand.class,
            ModelsCommand.class,
            WeightsCommand.class,
            SynthCommand.class,
            HelpCommand.class
        })
public final class Main {

    /** The user's input cannot be used. */
    static final int BAD_INPUT = 2;

    /** Something broke that is not the user's doing. */
    static final int FAILED = 1;

    private static final String TRACE = "meristem.trace";

    private Main() {}

    public static void main(String[] args) {
        System.exit(run(new PrintWriter(System.out, true), new PrintWriter(System.err, true), args));
    }

    static int run(PrintWriter out, PrintWriter err, String... args) {
        CommandLine commandLine = new CommandLine(new Main());
        commandLine.setOut(out);
        commandLine.setErr(err);
        commandLine.setCaseInsensitiveEnumValuesAllowed(true);
        commandLine.setUsageHelpAutoWidth(true);
        commandLine.setExecutionExceptionHandler(Main::explain);
        commandLine.setParameterExceptionHandler(Main::correct);
        return commandLine.execute(args);
    }

    private static int explain(Exception e, CommandLine commandLine, CommandLine.ParseResult parsed) {
        PrintWriter err = commandLine.getErr();
        if (e instanceof InputException || e instanceof IllegalArgumentException) {
            err.println("meristem: " + e.getMessage());
            err.flush();
            return BAD_INPUT;
        }
        // The engine's messages carry a native backtrace of a hundred lines below the first.
        err.println("meristem: failed, and not by your doing: "
                + String.valueOf(e).lines().findFirst().orElse("") + " (MERISTEM_JAVA_OPTS=-D" + TRACE
                + "=true shows where).");
        if (Boolean.getBoolean(TRACE)) {
            e.printStackTrace(err);
        }
        err.flush();
        return FAILED;
    }

    /** A command line that cannot be understood: one sentence, and where to read on. */
    private static int correct(CommandLine.ParameterException e, String[] args) {
        PrintWriter err = e.getCommandLine().getErr();
        String said = e.getMessage();
        err.println("meristem: " + said + (said.endsWith(".") ? "" : ".") + " Try '"
                + e.getCommandLine().getCommandSpec().qualifiedName() + " --help'.");
        err.flush();
        return BAD_INPUT;
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
