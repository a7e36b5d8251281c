package io.meristem.onnx;

import io.meristem.predict.Classifier;
import io.meristem.predict.ClassifierReader;
import java.nio.file.Path;

/** Has {@code job.Classifiers} open ONNX files where this module is on the class path. */
public final class OnnxReader implements ClassifierReader {

    @Override
    public String ending() {
        return OnnxFormat.ENDING;
    }

    @Override
    public Classifier open(Path file, int threads) {
        return OnnxClassifier.open(file, threads);
    }
}
