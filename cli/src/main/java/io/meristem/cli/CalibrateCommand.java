package io.meristem.cli;

import io.meristem.Escape;
import io.meristem.artifact.Calibration;
import io.meristem.artifact.Json;
import io.meristem.artifact.RunFolder;
import io.meristem.job.CalibrateJob;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "calibrate",
        mixinStandardHelpOptions = true,
        abbreviateSynopsis = true,
        description = {
            "Makes a run's probabilities as large as its answers are often right, by one temperature fitted on its validation photos.",
            "'train' does that at its end; this is for runs from before it did."
        })
final class CalibrateCommand implements Callable<Integer> {

    @Spec
    CommandSpec spec;

    @Parameters(paramLabel = "RUN", description = "The folder that 'train --out' wrote.")
    Path run;

    @Option(
            names = "--data",
            paramLabel = "FOLDER",
            description = "Where the run's photos are now, for a run that has kept no answers about them.")
    Path data;

    @Mixin
    CacheOption cache;

    @Mixin
    Threads threads;

    @Mixin
    OutputOptions output;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        Calibration calibration;
        try (Reporter reporter = Reporter.of(out, output, 0)) {
            calibration = CalibrateJob.run(run, data, threads.count(), cache.folder(), reporter);
        }
        if (output.json) {
            out.print(Json.pretty(calibration));
        } else {
            print(out, calibration);
        }
        out.flush();
        return 0;
    }

    private void print(PrintWriter out, Calibration calibration) {
        boolean stays = calibration.temperature() == 1 && calibration.note() != null;
        out.printf(
                Locale.ROOT,
                stays
                        ? "Temperature %.3f after a look at %d validation photos; it is in %s%n"
                        : "Temperature %.3f, fitted on %d validation photos; it is in %s%n",
                calibration.temperature(),
                calibration.photos(),
                Escape.line(run.resolve(RunFolder.CALIBRATION).toString()));
        if (calibration.note() != null) {
            out.println(Escape.line(calibration.note()));
        }
        out.println();
        out.println(calibration.test() == null ? "Validation photos:" : "Test photos:");
        TrustTables.print(out, calibration.test() == null ? calibration.val() : calibration.test());
    }
}
