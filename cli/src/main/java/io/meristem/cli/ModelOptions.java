package io.meristem.cli;

import io.meristem.InputException;
import io.meristem.artifact.RunConfig;
import io.meristem.data.Fit;
import io.meristem.job.Starter;
import io.meristem.nn.ModelSpec;
import io.meristem.nn.Models;
import io.meristem.weights.WeightCache;
import java.nio.file.Path;
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
            description = "Likewise the standard deviation. Default: the model's.")
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
        ModelSpec spec = Models.find(model);
        return new RunConfig.Model(
                spec.name(),
                weights(spec),
                size == null ? spec.inputSize() : size,
                crop,
                fit,
                channels("--mean", mean, spec.mean()),
                channels("--std", std, spec.std()));
    }

    /** The file, or null for a random start. */
    private String weights(ModelSpec spec) {
        if (fromScratch) {
            return null;
        }
        if (weights == null && spec.weights().isEmpty()) {
            throw new InputException("No official weights of " + spec.name()
                    + " are known: name a file with --weights, or say --from-scratch.");
        }
        Path file = Starter.NAME.equals(weights)
                ? Starter.file(spec)
                : WeightCache.open().resolve(weights == null ? spec.name() : weights, spec);
        return file.toAbsolutePath().normalize().toString();
    }

    private static List<Float> channels(String option, List<Float> given, List<Float> fallback) {
        if (given == null) {
            return fallback;
        }
        if (given.size() == 1) {
            return List.of(given.get(0), given.get(0), given.get(0));
        }
        if (given.size() != 3) {
            throw new InputException(option + " takes one number or three, not " + given.size() + ": write " + option
                    + " 0.5 or " + option + " 0.485,0.456,0.406.");
        }
        return given;
    }
}
