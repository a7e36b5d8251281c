package io.meristem.artifact;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Setting;
import io.meristem.data.feed.Augmentation;
import io.meristem.data.folder.SplitOptions;
import io.meristem.data.image.Fit;
import io.meristem.data.image.Preprocess;
import io.meristem.tune.TrainConfig;
import io.meristem.zoo.ModelSpec;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/** A training as it is run: everything that its result depends on, but for the bytes of photos and weights. */
public record RunConfig(Model model, Data data, TrainConfig train, int threads) {

    private static final int MAX_PATH = 4096;

    public RunConfig {
        require(model, "model");
        require(data, "data");
        require(train, "train");
        require(train.method(), "train.method");
    }

    private static void require(Object value, String name) {
        if (value == null) {
            throw new IllegalArgumentException("it lacks " + name);
        }
    }

    /** @param path null for none */
    private static void requirePath(String path, String name) {
        if (path != null) {
            if (path.length() > MAX_PATH) {
                throw new IllegalArgumentException("its " + name + " is longer than any path");
            }
            try {
                Path.of(path);
            } catch (InvalidPathException e) {
                throw new IllegalArgumentException("its " + name + " is no path", e);
            }
        }
    }

    /**
     * The network and how it sees photos.
     *
     * @param name in the registry
     * @param weights file of pretrained weights, or null for random ones
     * @param size side of the input, pixels
     * @param cropFraction of the scaled photo's side that the centre crop keeps in evaluation
     */
    public record Model(
            String name, String weights, int size, double cropFraction, Fit fit, List<Float> mean, List<Float> std) {

        public Model {
            require(name, "model.name");
            requirePath(weights, "model.weights");
            require(fit, "model.fit");
            require(mean == null || mean.stream().anyMatch(Objects::isNull) ? null : mean, "model.mean");
            require(std == null || std.stream().anyMatch(Objects::isNull) ? null : std, "model.std");
        }

        /** A network at random that sees photos as its official weights do: its usual size and colours, the middle of the scaled photo as a whole. */
        public static Model of(ModelSpec spec) {
            return new Model(spec.name(), null, spec.inputSize(), 1, Fit.CROP, spec.mean(), spec.std());
        }

        /** The same with weights from a file; null for random ones. */
        public Model withWeights(String file) {
            return new Model(name, file, size, cropFraction, fit, mean, std);
        }

        /** The same with photos of another side, pixels. */
        public Model withSize(int newSize) {
            return new Model(name, weights, newSize, cropFraction, fit, mean, std);
        }

        /** The same with photos cut otherwise. */
        public Model withView(double newCropFraction, Fit newFit) {
            return new Model(name, weights, size, newCropFraction, newFit, mean, std);
        }

        /** The same with other colours: mean and standard deviation of RGB in [0, 1]. */
        public Model withColours(List<Float> newMean, List<Float> newStd) {
            return new Model(name, weights, size, cropFraction, fit, newMean, newStd);
        }

        public Preprocess preprocess() {
            return new Preprocess(size, cropFraction, fit, floats(mean), floats(std));
        }

        private static float[] floats(List<Float> list) {
            float[] values = new float[list.size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = list.get(i);
            }
            return values;
        }
    }

    /**
     * Photos: a folder, how it is split, and how training photos are varied.
     *
     * @param folder null for a run that was imported
     */
    public record Data(String folder, SplitOptions split, Augmentation augmentation) {

        public Data {
            require(split, "data.split");
            requirePath(folder, "data.folder");
        }

        /** @throws InputException when there is no folder */
        public Path place() {
            if (folder == null) {
                throw new InputException(
                        ErrorCode.MISSING_SETTING,
                        "This run was imported and does not know its photos: give %s.",
                        Setting.DATA.the());
            }
            return Path.of(folder);
        }
    }
}
