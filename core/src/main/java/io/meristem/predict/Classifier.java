package io.meristem.predict;

import io.meristem.data.image.Preprocess;
import io.meristem.eval.Temperature;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;

/**
 * A trained network with all that an answer needs: how photos are prepared, and what its outputs are called. Where its numbers lie (a run, one
 * file, another runtime) does not show. Not safe for concurrent calls, unless an implementation says so.
 */
public interface Classifier extends AutoCloseable {

    /** Names in label order. */
    List<String> classes();

    /** How a photo becomes the network's input; {@link Preprocess#apply(io.meristem.data.image.RgbImage, FloatBuffer, int)} writes it. */
    Preprocess preprocess();

    /** What logits are divided by before they become probabilities; empty when it has never been fitted, which counts as 1. */
    OptionalDouble temperature();

    /**
     * The network's outputs, not divided by the temperature.
     *
     * @param images (n, size, size, 3) of normalised float32 from absolute position 0, size that of {@link #preprocess}; a direct buffer in native
     *     order, read only during the call
     * @param n how many photos, at least 1
     * @return (n, classes), the caller's
     */
    float[][] logits(FloatBuffer images, int n);

    /**
     * The softmax of {@link #logits}, of the same photos, not calibrated.
     *
     * @return (n, classes), the caller's; NaN throughout a row whose logits are not finite
     */
    default float[][] probabilities(FloatBuffer images, int n) {
        return Arrays.stream(logits(images, n)).map(Temperature::softmax).toArray(float[][]::new);
    }

    /** Frees native memory. No other method may be called afterwards; closing again does nothing. */
    @Override
    void close();
}
