package io.meristem.cli;

import io.meristem.Escape;
import io.meristem.data.image.Fit;
import io.meristem.job.ImportJob;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "import",
        mixinStandardHelpOptions = true,
        abbreviateSynopsis = true,
        sortOptions = false,
        description = {
            "Makes a run folder of a LoRA adapter that PEFT has saved, or of a file that 'export' has written.",
            "evaluate, predict and export take the run like any other. What 'export' wrote says itself what it is; of an adapter"
                    + " from elsewhere name the network, its weights and its classes. See docs/export.md."
        })
final class ImportCommand implements Callable<Integer> {

    @Spec
    CommandSpec spec;

    @Parameters(
            paramLabel = "FOLDER|FILE",
            description = "The folder that PEFT's save_pretrained wrote, or a file of 'export'.")
    Path source;

    @Option(names = "--out", required = true, paramLabel = "RUN", description = "Where the run goes: a new folder.")
    Path out;

    @Option(
            names = "--model",
            paramLabel = "NAME",
            description = "The network that it was trained on; 'meristem models' lists them. Default: what it says.")
    String model;

    @Option(
            names = "--weights",
            paramLabel = "FILE",
            description =
                    "The pretrained weights that it belongs on, as for train. Default: what it brings, or the model's official ones.")
    String weights;

    @Option(
            names = "--classes",
            split = ",",
            paramLabel = "A,B,C",
            description = "Names of the classes in the order of the labels. Default: what it says.")
    List<String> classes;

    @Option(
            names = "--data",
            paramLabel = "FOLDER",
            description =
                    "Photos, one sub-folder per class: names the classes, in alphabetical order, and is what 'evaluate' judges by default.")
    Path data;

    @Option(
            names = "--size",
            paramLabel = "PIXELS",
            description = "Side of the square that photos are scaled to. Default: what it says, or the model's.")
    Integer size;

    @Option(
            names = "--mean",
            split = ",",
            paramLabel = "R,G,B",
            description = "Mean of the colours (0 to 1) that it expects. Default: what it says, or the model's.")
    List<Float> mean;

    @Option(
            names = "--std",
            split = ",",
            paramLabel = "R,G,B",
            description = "The standard deviation of the colours (above 0, up to 1). Default: as for --mean.")
    List<Float> std;

    @Option(
            names = "--fit",
            paramLabel = "WAY",
            description = "How a photo becomes a square: crop or squash. Default: what it says, or crop.")
    Fit fit;

    @Option(
            names = "--crop",
            paramLabel = "SHARE",
            description = "Share of the scaled photo's side that is kept. Default: what it says, or 0.875.")
    Double crop;

    @Mixin
    Threads threads;

    @Override
    public Integer call() {
        ImportJob.Request request = ImportJob.Request.of(source)
                .withModel(model)
                .withWeights(weights)
                .withClasses(classes)
                .withData(data)
                .withSize(size)
                .withCropFraction(crop)
                .withFit(fit)
                .withMean(mean)
                .withStd(std);
        ImportJob.Outcome outcome = ImportJob.run(request, out, threads.count());
        PrintWriter console = spec.commandLine().getOut();
        console.println("Imported " + outcome.kind() + " for " + outcome.model() + ", " + outcome.classes() + " classes"
                + (outcome.layers() == 0
                        ? ""
                        : "; " + outcome.layers() + " layers with ranks from " + outcome.least() + " to "
                                + outcome.greatest()));
        outcome.notes().forEach(note -> console.println(Escape.line(note)));
        console.println(Escape.line("The run is in " + out));
        console.flush();
        return 0;
    }
}
