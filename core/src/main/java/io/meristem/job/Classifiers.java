package io.meristem.job;

import io.meristem.InputException;
import io.meristem.artifact.RunFolder;
import io.meristem.predict.Classifier;
import io.meristem.predict.NetworkClassifier;
import java.nio.file.Files;
import java.nio.file.Path;

/** Trained classifiers from where they lie; the caller closes them. */
public final class Classifiers {

    private Classifiers() {}

    /**
     * @param model the folder of a run
     * @param rank one that a DyLoRA run was trained for, or null for the run as it is
     * @throws InputException when nothing is there, or something else
     */
    public static Classifier open(Path model, Integer rank) {
        if (!Files.exists(model)) {
            throw new InputException("There is no run folder " + model + ": give the folder that 'train --out' wrote.");
        }
        return run(RunFolder.open(model).at(rank));
    }

    private static Classifier run(RunFolder run) {
        return new NetworkClassifier(
                Networks.tuned(run), run.classes(), run.config().model().preprocess(), run.temperature());
    }
}
