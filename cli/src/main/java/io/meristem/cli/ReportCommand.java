package io.meristem.cli;

import io.meristem.report.Report;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "report",
        mixinStandardHelpOptions = true,
        abbreviateSynopsis = true,
        description = {
            "Writes one HTML file about a run or a study: what was done, how good it is, what went wrong.",
            "It needs no network and no other file, and can be printed."
        })
final class ReportCommand implements Callable<Integer> {

    @Spec
    CommandSpec spec;

    @Parameters(
            paramLabel = "RUN|STUDY",
            description = "The folder of a run, as 'train --out' wrote it, or of a study.")
    Path folder;

    @Option(
            names = "--out",
            paramLabel = "FILE.html",
            description = "Where the report goes; a file that is there is replaced. Default: " + Report.FILE
                    + " in the folder.")
    Path out;

    @Option(
            names = "--data",
            paramLabel = "FOLDER",
            description = "Where the run's photos are now. Default: where they were in training.")
    Path data;

    @Override
    public Integer call() {
        Path file = Report.write(folder, out, data);
        PrintWriter console = spec.commandLine().getOut();
        console.println("The report is in " + file);
        console.flush();
        return 0;
    }
}
