package io.meristem.cli;

import io.meristem.InputException;
import io.meristem.artifact.Json;
import io.meristem.data.ImageFiles;
import io.meristem.job.HeatmapJob;
import io.meristem.job.PredictJob;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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
        name = "predict",
        mixinStandardHelpOptions = true,
        abbreviateSynopsis = true,
        description = {
            "Says what is on photos, with the probability that the network gives it.",
            "A photo that cannot be read gets a line that says why, and the exit code is 2 when none could be."
        })
final class PredictCommand implements Callable<Integer> {

    @Spec
    CommandSpec spec;

    @Parameters(index = "0", paramLabel = "RUN", description = "The folder that 'train --out' wrote.")
    Path run;

    @Parameters(
            index = "1..*",
            arity = "1..*",
            paramLabel = "PHOTO",
            description = "Photos, or folders that are searched for photos.")
    List<Path> photos;

    @Option(
            names = "--top",
            defaultValue = "3",
            paramLabel = "K",
            description = "How many classes to name. Default: ${DEFAULT-VALUE}.")
    int top;

    @Option(
            names = "--rank",
            paramLabel = "R",
            description = "Cut the adapters to a rank that a DyLoRA run was trained for. Default: its greatest.")
    Integer rank;

    @Mixin
    Threads threads;

    @Mixin
    HeatmapOptions heatmaps;

    @Option(names = "--json", description = "Print one JSON object per line.")
    boolean json;

    @Override
    public Integer call() {
        if (top < 1) {
            throw new InputException("At least one class is to be named, not " + top + ": give a larger --top.");
        }
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        int[] counts = new int[2];
        HeatmapJob.Request wanted = heatmaps.resolve(run, rank);
        List<Path> files = files();
        PredictJob.run(run, rank, files, top, threads.count(), answer -> {
            counts[answer.problem() == null ? 0 : 1]++;
            if (json) {
                out.println(Json.line(answer));
            } else if (answer.problem() == null) {
                out.println(answer.photo() + "  "
                        + answer.guesses().stream()
                                .map(g -> String.format(Locale.ROOT, "%s %.1f %%", g.name(), 100 * g.probability()))
                                .collect(Collectors.joining(", ")));
            } else {
                out.flush();
                err.println("meristem: " + answer.problem());
                err.flush();
            }
            out.flush();
        });
        if (counts[1] > 0 && !json) {
            err.println("meristem: " + counts[1] + " of " + (counts[0] + counts[1]) + " photos could not be read.");
            err.flush();
        }
        heatmaps.write(wanted, files, threads.count(), json ? err : out);
        return counts[0] == 0 ? Main.BAD_INPUT : 0;
    }

    private List<Path> files() {
        List<Path> files = new ArrayList<>();
        for (Path photo : photos) {
            if (Files.isDirectory(photo)) {
                List<Path> inside = ImageFiles.below(photo);
                if (inside.isEmpty()) {
                    throw new InputException("There are no photos in " + photo + ": give a folder with "
                            + ImageFiles.FORMATS + " files.");
                }
                files.addAll(inside);
            } else if (Files.exists(photo)) {
                files.add(photo);
            } else {
                throw new InputException("There is no photo " + photo + ": check the path.");
            }
        }
        return files;
    }
}
