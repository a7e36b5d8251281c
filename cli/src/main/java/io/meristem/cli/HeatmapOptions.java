package io.meristem.cli;

import io.meristem.ErrorCode;
import io.meristem.Escape;
import io.meristem.InputException;
import io.meristem.Outputs;
import io.meristem.Setting;
import io.meristem.explain.HeatmapMethod;
import io.meristem.job.HeatmapJob;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** Whether pictures of what the network looked at are written, and which. */
final class HeatmapOptions {

    @Option(
            names = "--heatmap",
            paramLabel = "FOLDER",
            description = {
                "Write into this folder, for each photo, NAME.heatmap.jpg (or .png): the photo with the places that speak for the class.",
                "docs/heatmaps.md says how to read them."
            })
    Path folder;

    @Option(
            names = "--heatmap-method",
            paramLabel = "NAME",
            description = "grad-cam (fast), or occlusion (finer, a hundred passes a photo). Default: grad-cam.")
    String method;

    @Option(
            names = "--heatmap-class",
            paramLabel = "CLASS",
            description = "The class to look for. Default: the most probable one of each photo.")
    String className;

    /**
     * Reads the options against the run, before anything is printed.
     *
     * @return null when no heatmaps are wanted
     */
    HeatmapJob.Request resolve(Path run, Integer rank) {
        if (folder == null) {
            if (method != null || className != null) {
                throw new InputException(
                        ErrorCode.MISSING_SETTING,
                        "%s is for heatmaps, and no place is named for them: give --heatmap FOLDER too.",
                        method != null ? "--heatmap-method" : "--heatmap-class");
            }
            return null;
        }
        Outputs.requireFolder(folder, Setting.HEATMAP);
        return HeatmapJob.Request.of(
                run, rank, method == null ? HeatmapMethod.GRAD_CAM : HeatmapMethod.parse(method), className);
    }

    /** Writes them, if any are wanted, and says so. */
    void write(HeatmapJob.Request request, List<Path> photos, int threads, PrintWriter console) {
        if (request != null) {
            int written = HeatmapJob.write(request, photos, folder, threads);
            console.println(Escape.line(written + (written == 1 ? " heatmap is in " : " heatmaps are in ") + folder));
            console.flush();
        }
    }
}
