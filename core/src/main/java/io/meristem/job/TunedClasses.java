package io.meristem.job;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Setting;
import io.meristem.artifact.RunFolder;
import io.meristem.exchange.ClassifierInfo;
import io.meristem.weights.TensorFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The class names of tuned weights, where they are known. */
final class TunedClasses {

    private TunedClasses() {}

    /**
     * @param weights of a run folder, or exported from one
     * @throws InputException when its head is for other classes, or for these in another order
     */
    static void require(Path weights, List<String> classes) {
        List<String> known = of(weights);
        if (known != null && !known.equals(classes)) {
            throw new InputException(
                    ErrorCode.MISMATCH,
                    "The head of %s is for the classes %s, and the photos have %s: leave %s out for a new head.",
                    weights,
                    String.join(", ", known),
                    String.join(", ", classes),
                    Setting.HEAD_START.the());
        }
    }

    /** From the file's metadata, or from the run folder that it lies in; null where nobody says. */
    private static List<String> of(Path weights) {
        ClassifierInfo info;
        try (TensorFile file = TensorFile.open(weights)) {
            info = ClassifierInfo.of(weights, file.metadata());
        }
        Path folder = weights.toAbsolutePath().getParent();
        return info != null
                ? info.classes()
                : Files.isRegularFile(folder.resolve(RunFolder.CLASSES)) ? RunFolder.classes(folder) : null;
    }
}
