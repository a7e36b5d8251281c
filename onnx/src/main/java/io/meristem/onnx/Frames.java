package io.meristem.onnx;

import io.meristem.data.image.Fit;
import io.meristem.data.image.Preprocess;
import io.meristem.data.image.RgbImage;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/** Prepared images turned back into photos that preparing changes into the same images: with a black frame where the centre crop cuts. */
final class Frames {

    private Frames() {}

    /** @param images (n, size, size, 3), normalised; levels between two grey levels go to the nearest */
    static List<RgbImage> of(FloatBuffer images, int n, Preprocess preprocess) {
        int size = preprocess.size();
        int side = preprocess.fit() == Fit.SQUASH ? size : preprocess.shortSide();
        int start = preprocess.cropStart(side);
        float[] mean = preprocess.mean();
        float[] std = preprocess.std();
        float[] row = new float[size * 3];
        List<RgbImage> photos = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            byte[] rgb = new byte[3 * side * side];
            for (int y = 0; y < size; y++) {
                images.get((i * size + y) * row.length, row);
                int at = 3 * ((start + y) * side + start);
                for (int k = 0; k < row.length; k++) {
                    int level = Math.round((row[k] * std[k % 3] + mean[k % 3]) * 255);
                    rgb[at + k] = (byte) Math.max(0, Math.min(255, level));
                }
            }
            photos.add(new RgbImage(side, side, rgb));
        }
        return photos;
    }
}
