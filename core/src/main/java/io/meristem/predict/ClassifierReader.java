package io.meristem.predict;

import java.nio.file.Path;

/** Opens trained classifiers that lie in one kind of file. A module that has one names it in {@code META-INF/services}, where {@link java.util.ServiceLoader} finds it. */
public interface ClassifierReader {

    /** The ending of such files, in lower case, such as {@code .onnx}. */
    String ending();

    /**
     * Opens a file; the caller closes what comes of it.
     *
     * @param threads that may work on one batch
     * @throws io.meristem.InputException when it cannot be read, or is no classifier of ours
     */
    Classifier open(Path file, int threads);
}
