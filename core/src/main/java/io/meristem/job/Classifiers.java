package io.meristem.job;

import io.meristem.Action;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Setting;
import io.meristem.artifact.RunFolder;
import io.meristem.engine.Engine;
import io.meristem.exchange.ClassifierFile;
import io.meristem.predict.Classifier;
import io.meristem.predict.ClassifierReader;
import io.meristem.predict.NetworkClassifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.ServiceLoader;

/** Trained classifiers from where they lie; the caller closes them. */
public final class Classifiers {

    private Classifiers() {}

    private static final String ONNX = ".onnx";
    private static final String MERGED = ".safetensors";

    /**
     * @param model the folder of a run, or a merged or ONNX file that was exported from one
     * @param rank one that a DyLoRA run was trained for, or null for the run as it is
     * @throws InputException when nothing is there, or something else
     */
    public static Classifier open(Path model, Integer rank) {
        if (Files.isRegularFile(model)) {
            return file(model, rank);
        }
        if (!Files.exists(model)) {
            throw new InputException(
                    ErrorCode.NOT_FOUND,
                    "There is no run folder %s: give the folder that %s wrote.",
                    model,
                    Action.TRAIN);
        }
        return run(RunFolder.open(model).at(rank));
    }

    private static Classifier file(Path model, Integer rank) {
        if (rank != null) {
            throw new InputException(
                    ErrorCode.CONFLICTING_SETTINGS,
                    "%s holds one rank only: leave %s out, or export the run again with another %s.",
                    model,
                    Setting.RANK.the(),
                    Setting.RANK);
        }
        String name = model.toString().toLowerCase(Locale.ROOT);
        if (name.endsWith(ONNX)) {
            return reader(model, name).open(model, Engine.info().threads());
        }
        if (!name.endsWith(MERGED)) {
            throw new InputException(
                    ErrorCode.WRONG_KIND,
                    "%s is no model: give the folder that %s wrote, or a %s or %s file that %s wrote.",
                    model,
                    Action.TRAIN,
                    MERGED,
                    ONNX,
                    Action.EXPORT);
        }
        ClassifierFile file = ClassifierFile.open(model);
        return new NetworkClassifier(file.network(), file.classes(), file.preprocess(), file.temperature());
    }

    /** One of another module. */
    private static ClassifierReader reader(Path model, String name) {
        // By the loader of this class: a thread of a server may carry one that sees other libraries.
        for (ClassifierReader reader :
                ServiceLoader.load(ClassifierReader.class, ClassifierReader.class.getClassLoader())) {
            if (name.endsWith(reader.ending())) {
                return reader;
            }
        }
        throw new InputException(
                ErrorCode.UNSUPPORTED,
                "%s is an ONNX file, and this program cannot read those: add the artifact %s to it.",
                model,
                "io.meristem:meristem-onnx");
    }

    private static Classifier run(RunFolder run) {
        return new NetworkClassifier(
                Networks.tuned(run), run.classes(), run.config().model().preprocess(), run.temperature());
    }
}
