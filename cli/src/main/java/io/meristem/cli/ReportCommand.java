package io.meristem.cli;

import io.meristem.ErrorCode;
import io.meristem.Escape;
import io.meristem.InputException;
import io.meristem.explain.HeatmapMethod;
import io.meristem.report.HeatmapChoice;
import io.meristem.report.Report;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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

    @Option(
            names = "--no-heatmaps",
            description = "Leave out what a run's network looked at, which takes most of the time.")
    boolean noHeatmaps;

    @Option(
            names = "--heatmap-method",
            paramLabel = "NAME",
            description = "grad-cam (fast), or occlusion (finer, a hundred passes a photo). Default: grad-cam.")
    String heatmapMethod;

    @Option(
            names = "--rank",
            paramLabel = "R",
            description =
                    "Draw the heatmaps with the adapters cut to a rank that a DyLoRA run was trained for. Default: its greatest.")
    Integer rank;

    @Mixin
    Threads threads;

    @Override
    public Integer call() {
        Path file = Report.write(folder, out, data, heatmaps(), OptionNames.PLAIN);
        PrintWriter console = spec.commandLine().getOut();
        console.println(Escape.line("The report is in " + file));
        console.flush();
        return 0;
    }

    private HeatmapChoice heatmaps() {
        if (noHeatmaps) {
            if (rank != null || heatmapMethod != null) {
                throw new InputException(
                        ErrorCode.CONFLICTING_SETTINGS,
                        "%s is for heatmaps: leave it out, or leave --no-heatmaps out.",
                        rank != null ? "--rank" : "--heatmap-method");
            }
            return null;
        }
        HeatmapMethod method = heatmapMethod == null ? HeatmapMethod.GRAD_CAM : HeatmapMethod.parse(heatmapMethod);
        return new HeatmapChoice(method, rank, threads.count());
    }
}
