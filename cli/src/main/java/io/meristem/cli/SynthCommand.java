package io.meristem.cli;

import io.meristem.Escape;
import io.meristem.synth.LeafOptions;
import io.meristem.synth.SynthOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "synth",
        mixinStandardHelpOptions = true,
        abbreviateSynopsis = true,
        sortOptions = false,
        description =
                "Draws a SYNTHETIC data set: leaves with symptoms, or the patterns that the starter network was pre-trained on.")
final class SynthCommand implements Callable<Integer> {

    @Spec
    CommandSpec spec;

    @Option(names = "--out", required = true, paramLabel = "FOLDER", description = "A new folder for the pictures.")
    Path out;

    @Option(
            names = "--kind",
            paramLabel = "KIND",
            defaultValue = "LEAVES",
            description = "leaves or patterns. Default: leaves.")
    SynthOptions.Kind kind;

    @Option(
            names = "--per-class",
            defaultValue = "60",
            paramLabel = "N",
            description = "Training pictures of each class. Default: ${DEFAULT-VALUE}.")
    int perClass;

    @Option(
            names = "--val-per-class",
            defaultValue = "20",
            paramLabel = "N",
            description = "Validation pictures of each class. Default: ${DEFAULT-VALUE}.")
    int valPerClass;

    @Option(
            names = "--test-per-class",
            defaultValue = "30",
            paramLabel = "N",
            description = "Test pictures of each class. Default: ${DEFAULT-VALUE}.")
    int testPerClass;

    @Option(
            names = "--size",
            defaultValue = "128",
            paramLabel = "PIXELS",
            description = "Side of the pictures. Default: ${DEFAULT-VALUE}.")
    int size;

    @Option(
            names = "--photos-per-leaf",
            defaultValue = "1",
            paramLabel = "N",
            description = "Pictures of the same leaf; they form one group. Default: ${DEFAULT-VALUE}.")
    int photosPerLeaf;

    @Option(names = "--easy", description = "Clearer symptoms and less clutter.")
    boolean easy;

    @Option(
            names = "--quality",
            defaultValue = "0.9",
            paramLabel = "Q",
            description = "JPEG quality, to 1. Default: ${DEFAULT-VALUE}.")
    float quality;

    @Option(
            names = "--seed",
            defaultValue = "0",
            paramLabel = "N",
            description = "The same number draws the same pictures. Default: ${DEFAULT-VALUE}.")
    long seed;

    @Override
    public Integer call() throws IOException {
        SynthOptions options = SynthOptions.of(kind, perClass, valPerClass, testPerClass, size, seed)
                .withJpegQuality(quality)
                .withPhotosPerLeaf(photosPerLeaf)
                .withLeaf(easy ? LeafOptions.easy() : LeafOptions.standard());
        PrintWriter console = spec.commandLine().getOut();
        Drawing.write(out, options);
        console.println(Escape.line("Drew a synthetic data set into " + out));
        console.flush();
        return 0;
    }
}
