package io.meristem.data.check;

import io.meristem.data.image.RgbImage;

/** The colours of some pixels, wherever they lie: mean and standard deviation per channel, and how they are spread over 4 x 4 x 4 boxes of colour. */
final class Colours {

    private static final int BOXES = 64;

    /** Length of {@link #features}. */
    static final int FEATURES = 6 + BOXES;

    private final double[] sum = new double[3];
    private final double[] square = new double[3];
    private final int[] boxes = new int[BOXES];
    private int pixels;

    void add(RgbImage image, int x, int y) {
        int box = 0;
        for (int c = 0; c < 3; c++) {
            int value = image.get(x, y, c);
            sum[c] += value;
            square[c] += value * value;
            box = box << 2 | value >> 6;
        }
        boxes[box]++;
        pixels++;
    }

    float[] means() {
        float[] means = new float[3];
        for (int c = 0; c < 3; c++) {
            means[c] = (float) (sum[c] / pixels);
        }
        return means;
    }

    /** Three means, three deviations, and the square root of the share of pixels in each box. */
    float[] features() {
        float[] features = new float[FEATURES];
        for (int c = 0; c < 3; c++) {
            double mean = sum[c] / pixels;
            features[c] = (float) mean;
            features[3 + c] = (float) Math.sqrt(Math.max(0, square[c] / pixels - mean * mean));
        }
        for (int b = 0; b < BOXES; b++) {
            features[6 + b] = (float) Math.sqrt((double) boxes[b] / pixels);
        }
        return features;
    }
}
