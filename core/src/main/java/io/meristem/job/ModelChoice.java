package io.meristem.job;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Setting;
import io.meristem.artifact.RunConfig;
import io.meristem.data.image.Fit;
import io.meristem.weights.WeightCache;
import io.meristem.zoo.ModelSpec;
import io.meristem.zoo.Models;
import java.util.List;

/**
 * A network as a user asks for it; null stands for what is usual: what its official weights expect, and the middle of the scaled photo.
 *
 * @param name in the registry
 * @param weights a file, a tag of weights that were pulled, {@link Starter#NAME}, {@link #SCRATCH}, or null for the first official ones that are here
 * @param size side of the input, pixels
 * @param cropFraction of the scaled photo's side that the centre crop keeps in evaluation
 * @param mean of RGB in [0, 1]: three numbers, or one for all
 * @param std likewise
 */
public record ModelChoice(
        String name, String weights, Integer size, Double cropFraction, Fit fit, List<Float> mean, List<Float> std) {

    /** What a user writes to train from random weights. */
    public static final String SCRATCH = "scratch";

    /** Of the scaled photo's side, where nobody says how much of it is kept. */
    public static final double USUAL_CROP = 0.875;

    /** A network with all that is usual. */
    public static ModelChoice of(String name) {
        return new ModelChoice(name, null, null, null, null, null, null);
    }

    /** The same with other weights; null leaves them. */
    public ModelChoice withWeights(String other) {
        return new ModelChoice(name, or(other, weights), size, cropFraction, fit, mean, std);
    }

    /** The same with photos of another side, pixels; null leaves it. */
    public ModelChoice withSize(Integer other) {
        return new ModelChoice(name, weights, or(other, size), cropFraction, fit, mean, std);
    }

    /** The same with photos cut otherwise; null leaves either. */
    public ModelChoice withView(Double otherCrop, Fit otherFit) {
        return new ModelChoice(name, weights, size, or(otherCrop, cropFraction), or(otherFit, fit), mean, std);
    }

    /** The same with other colours; null leaves either. */
    public ModelChoice withColours(List<Float> otherMean, List<Float> otherStd) {
        return new ModelChoice(name, weights, size, cropFraction, fit, or(otherMean, mean), or(otherStd, std));
    }

    private static <T> T or(T other, T known) {
        return other == null ? known : other;
    }

    /** @throws InputException when there is no such network, or none of its weights, or it cannot see photos like that */
    public RunConfig.Model resolve() {
        ModelSpec spec = Models.find(name);
        RunConfig.Model model = RunConfig.Model.of(spec)
                .withWeights(file(spec))
                .withSize(or(size, spec.inputSize()))
                .withView(or(cropFraction, USUAL_CROP), or(fit, Fit.CROP))
                .withColours(channels(Setting.MEAN, mean, spec.mean()), channels(Setting.STD, std, spec.std()));
        Networks.requireSize(spec, model.size());
        model.preprocess();
        return model;
    }

    /** The file, or null for a random start. */
    private String file(ModelSpec spec) {
        if (SCRATCH.equals(weights)) {
            return null;
        }
        if (weights == null && spec.weights().isEmpty()) {
            throw new InputException(
                    ErrorCode.MISSING_SETTING,
                    "No official weights of %s are known: name a file (%s), or choose %s (in a study: the weights %s).",
                    spec.name(),
                    Setting.WEIGHTS,
                    Setting.FROM_SCRATCH,
                    SCRATCH);
        }
        return (Starter.NAME.equals(weights)
                        ? Starter.file(spec)
                        : WeightCache.open().resolve(weights == null ? spec.name() : weights, spec))
                .toAbsolutePath()
                .normalize()
                .toString();
    }

    private static List<Float> channels(Setting setting, List<Float> given, List<Float> fallback) {
        if (given == null) {
            return fallback;
        }
        if (given.size() == 1) {
            return List.of(given.get(0), given.get(0), given.get(0));
        }
        if (given.size() != 3) {
            throw new InputException(
                    ErrorCode.OUT_OF_RANGE,
                    "The %s takes one number or three, not %s: give one like 0.5, or three like 0.485,0.456,0.406.",
                    setting,
                    given.size());
        }
        return given;
    }
}
