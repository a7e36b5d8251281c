package io.meristem.data.image;

import java.util.SplittableRandom;

/** Gaussian noise as a camera's sensor makes it, independent in every pixel and channel. */
final class SensorNoise {

    private static final int MAX = 255;

    private SensorNoise() {}

    /** Each value plus noise of standard deviation {@code sigma} grey levels, to the nearest level from 0 to 255. */
    static RgbImage add(RgbImage image, double sigma, SplittableRandom random) {
        byte[] rgb = image.rgb().clone();
        for (int i = 0; i < rgb.length; i++) {
            long noisy = Math.round((rgb[i] & 0xff) + sigma * random.nextGaussian());
            rgb[i] = (byte) Math.max(0, Math.min(MAX, noisy));
        }
        return new RgbImage(image.width(), image.height(), rgb);
    }
}
