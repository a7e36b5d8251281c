package io.meristem.exchange;

import io.meristem.Action;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Setting;
import io.meristem.data.image.Preprocess;
import io.meristem.execute.Network;
import io.meristem.weights.TensorFile;
import io.meristem.weights.TensorInfo;
import io.meristem.weights.WeightLoader;
import io.meristem.zoo.Models;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * A file of {@link MergedFormat} as a classifier: it says itself what network it is of, what its classes are called, and how it sees photos.
 *
 * @param info from its metadata
 * @param temperature likewise; empty where it was never fitted
 */
public record ClassifierFile(Path path, ClassifierInfo info, OptionalDouble temperature) {

    /** @throws InputException when it is no weights file, or does not say what it is */
    public static ClassifierFile open(Path path) {
        try (TensorFile file = TensorFile.open(path)) {
            ClassifierInfo info = ClassifierInfo.of(path, file.metadata());
            if (info == null) {
                throw new InputException(
                        ErrorCode.WRONG_KIND,
                        "%s holds weights, but not the names of their classes: give a run folder, or a file that %s wrote.",
                        path,
                        Action.EXPORT.with(Setting.FORMAT.as("merged")));
            }
            return new ClassifierFile(path, info, temperature(path, file.metadata()));
        }
    }

    /** From a file's metadata. */
    static OptionalDouble temperature(Path path, Map<String, String> metadata) {
        String text = metadata.get(ClassifierInfo.TEMPERATURE);
        if (text == null) {
            return OptionalDouble.empty();
        }
        try {
            double value = Double.parseDouble(text);
            if (value > 0 && Double.isFinite(value)) {
                return OptionalDouble.of(value);
            }
        } catch (NumberFormatException e) {
            throw new InputException(
                    ErrorCode.DAMAGED_FILE,
                    e,
                    "The temperature in %s is no number, '%s': export it again.",
                    path,
                    text);
        }
        throw new InputException(
                ErrorCode.DAMAGED_FILE, "The temperature in %s is %s, not above 0: export it again.", path, text);
    }

    /** Class names in label order. */
    public List<String> classes() {
        return info.classes();
    }

    /** How photos are prepared for it. */
    public Preprocess preprocess() {
        return info.asModel(path).preprocess();
    }

    /**
     * The network with its weights, float32, in evaluation mode and folded; the caller closes it. The engine must have been started.
     *
     * @throws InputException when the file does not hold that network
     */
    public Network network() {
        Network network = new Network(Models.find(info.model()), classes().size());
        try (TensorFile file = TensorFile.open(path)) {
            long held = file.tensors().values().stream()
                    .mapToLong(TensorInfo::numel)
                    .sum();
            if (held < network.parameterCount()) {
                // A list of class names alone would have it ask for any memory.
                throw new InputException(
                        ErrorCode.DAMAGED_FILE,
                        "%s holds %s numbers, and %s with %s classes has %s: export it again.",
                        path,
                        held,
                        info.model(),
                        classes().size(),
                        network.parameterCount());
            }
            network.materialize(0);
            WeightLoader.load(file, network, WeightLoader.Options.finished(Models.all()));
            network.train(false);
            network.fold();
            return network;
        } catch (RuntimeException e) {
            network.close();
            throw e;
        }
    }
}
