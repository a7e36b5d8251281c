package io.meristem.cli;

import io.meristem.artifact.RunConfig;
import io.meristem.data.image.Fit;
import io.meristem.job.ModelChoice;
import java.util.List;
import picocli.CommandLine.Option;

/** Which network, with which weights, sees photos how. */
final class ModelOptions {

    @Option(
            names = "--model",
            defaultValue = "mobilenet_v2",
            paramLabel = "NAME",
            description = "The network; 'meristem models' lists them. Default: ${DEFAULT-VALUE}.")
    String model;

    @Option(
            names = "--weights",
            paramLabel = "FILE",
            description =
                    "Pretrained weights: a .safetensors or .pth file, the tag of weights that were pulled, or 'starter' for the small network that comes with this program. Default: the model's official weights, once 'meristem weights pull' has fetched them.")
    String weights;

    @Option(names = "--from-scratch", description = "Train without pretrained weights. Needs many photos and epochs.")
    boolean fromScratch;

    @Option(
            names = "--mean",
            split = ",",
            paramLabel = "R,G,B",
            description =
                    "Mean of the colours (0 to 1) that the weights expect; one number serves all three. Default: the model's.")
    List<Float> mean;

    @Option(
            names = "--std",
            split = ",",
            paramLabel = "R,G,B",
            description = "The standard deviation of the colours (above 0, up to 1). Default: the model's.")
    List<Float> std;

    @Option(
            names = "--size",
            paramLabel = "PIXELS",
            description = "Side of the square that photos are scaled to. Smaller is faster. Default: the model's.")
    Integer size;

    @Option(
            names = "--fit",
            paramLabel = "WAY",
            defaultValue = "CROP",
            description =
                    "How a photo becomes a square: crop keeps its proportions, squash keeps its margins. Default: crop.")
    Fit fit;

    @Option(
            names = "--crop",
            defaultValue = "0.875",
            paramLabel = "SHARE",
            description = "Share of the scaled photo's side that is kept when it is judged. Default: ${DEFAULT-VALUE}.")
    double crop;

    RunConfig.Model resolve() {
        return ModelChoice.of(model)
                .withWeights(fromScratch ? ModelChoice.SCRATCH : weights)
                .withSize(size)
                .withView(crop, fit)
                .withColours(mean, std)
                .resolve();
    }
}
