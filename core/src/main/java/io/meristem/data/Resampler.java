package io.meristem.data;

import java.util.Arrays;

/**
 * Antialiased bilinear resizing, as Pillow and torchvision do it: a triangle filter whose support grows with the down-scale, rows first, pixel
 * centres at half integers, edges cut and weights renormalised. Agrees with torchvision's {@code resize(antialias=True)} to one grey level.
 */
public final class Resampler {

    /** For one axis: output i is the sum over k below count[i] of weights[i * stride + k] times source pixel first[i] + k. */
    private static final class Taps {
        final int[] first;
        final int[] count;
        final float[] weights;
        final int stride;

        Taps(int out, int stride) {
            this.first = new int[out];
            this.count = new int[out];
            this.weights = new float[out * stride];
            this.stride = stride;
        }
    }

    private Resampler() {}

    /** The whole picture at {@code outW} x {@code outH}; the same object when it has that size already. */
    public static RgbImage resize(RgbImage image, int outW, int outH) {
        return resize(image, 0, 0, image.width(), image.height(), outW, outH);
    }

    /** The box of {@code boxW} x {@code boxH} pixels at column {@code x}, row {@code y}, resized; pixels outside the box have no part in it. */
    public static RgbImage resize(RgbImage image, int x, int y, int boxW, int boxH, int outW, int outH) {
        if (x < 0 || y < 0 || boxW < 1 || boxH < 1 || x + boxW > image.width() || y + boxH > image.height()) {
            throw new IllegalArgumentException("box " + boxW + " x " + boxH + " at " + x + ", " + y
                    + " leaves the picture of " + image.width() + " x " + image.height());
        }
        if (outW < 1 || outH < 1) {
            throw new IllegalArgumentException("cannot resize to " + outW + " x " + outH);
        }
        if (boxW == image.width() && boxH == image.height() && outW == boxW && outH == boxH) {
            return image;
        }
        float[] rows = horizontal(image, x, y, boxH, outW, taps(boxW, outW));
        return new RgbImage(outW, outH, vertical(rows, outW * 3, outH, taps(boxH, outH)));
    }

    private static Taps taps(int in, int out) {
        double scale = (double) in / out;
        double support = Math.max(scale, 1.0);
        int stride = (int) Math.ceil(support) * 2 + 1;
        Taps taps = new Taps(out, stride);
        double[] raw = new double[stride];
        for (int i = 0; i < out; i++) {
            double center = (i + 0.5) * scale;
            int from = Math.max(0, (int) (center - support + 0.5));
            int to = Math.min(in, (int) (center + support + 0.5));
            double sum = 0;
            for (int k = 0; k < to - from; k++) {
                raw[k] = Math.max(0, 1 - Math.abs((from + k + 0.5 - center) / support));
                sum += raw[k];
            }
            for (int k = 0; k < to - from; k++) {
                taps.weights[i * stride + k] = (float) (raw[k] / sum);
            }
            taps.first[i] = from;
            taps.count[i] = to - from;
        }
        return taps;
    }

    /** (boxH, outW, 3) of the rows y to y + boxH. */
    private static float[] horizontal(RgbImage image, int x, int y, int boxH, int outW, Taps taps) {
        byte[] rgb = image.rgb();
        float[] out = new float[Math.multiplyExact(boxH, outW * 3)];
        float[] weights = taps.weights;
        int o = 0;
        for (int row = 0; row < boxH; row++) {
            int start = ((y + row) * image.width() + x) * 3;
            for (int i = 0; i < outW; i++, o += 3) {
                int p = start + taps.first[i] * 3;
                int w = i * taps.stride;
                int end = w + taps.count[i];
                float r = 0;
                float g = 0;
                float b = 0;
                for (; w < end; w++, p += 3) {
                    float weight = weights[w];
                    r += weight * (rgb[p] & 0xff);
                    g += weight * (rgb[p + 1] & 0xff);
                    b += weight * (rgb[p + 2] & 0xff);
                }
                out[o] = r;
                out[o + 1] = g;
                out[o + 2] = b;
            }
        }
        return out;
    }

    private static byte[] vertical(float[] rows, int rowLength, int outH, Taps taps) {
        byte[] out = new byte[outH * rowLength];
        float[] sum = new float[rowLength];
        for (int i = 0; i < outH; i++) {
            // 0.5 up front, so that the cast below rounds to nearest.
            Arrays.fill(sum, 0.5f);
            for (int k = 0; k < taps.count[i]; k++) {
                float weight = taps.weights[i * taps.stride + k];
                int from = (taps.first[i] + k) * rowLength;
                for (int j = 0; j < rowLength; j++) {
                    sum[j] += weight * rows[from + j];
                }
            }
            int at = i * rowLength;
            for (int j = 0; j < rowLength; j++) {
                out[at + j] = (byte) Math.min((int) sum[j], 255);
            }
        }
        return out;
    }
}
