package io.meristem.synth;

import java.util.Arrays;

/** A picture being drawn: three float planes, row by row, 0 black to 1 white in display (not linear) units. */
final class Raster {
    final int width;
    final int height;
    final float[] r;
    final float[] g;
    final float[] b;

    Raster(int width, int height) {
        this.width = width;
        this.height = height;
        r = new float[width * height];
        g = new float[width * height];
        b = new float[width * height];
    }

    void set(int i, float red, float green, float blue) {
        r[i] = red;
        g[i] = green;
        b[i] = blue;
    }

    void blend(int i, Colour colour, float alpha) {
        blend(i, colour.r(), colour.g(), colour.b(), alpha);
    }

    void blend(int i, float red, float green, float blue, float alpha) {
        r[i] += alpha * (red - r[i]);
        g[i] += alpha * (green - g[i]);
        b[i] += alpha * (blue - b[i]);
    }

    void scale(int i, float factor) {
        r[i] *= factor;
        g[i] *= factor;
        b[i] *= factor;
    }

    /** Area-averaged to {@code size} x {@code size}. */
    Raster shrink(int size) {
        Raster out = new Raster(size, size);
        shrink(r, width, height, out.r, size);
        shrink(g, width, height, out.g, size);
        shrink(b, width, height, out.b, size);
        return out;
    }

    /** Area-averages one plane of {@code width} x {@code height} to {@code size} x {@code size}. */
    static void shrink(float[] plane, int width, int height, float[] out, int size) {
        float[] rows = new float[width * size];
        float ratio = (float) height / size;
        for (int k = 0; k < size; k++) {
            float start = k * ratio;
            float end = Math.min(height, start + ratio);
            for (int y = (int) start; y < end; y++) {
                float weight = (Math.min(y + 1, end) - Math.max(y, start)) / (end - start);
                for (int x = 0; x < width; x++) {
                    rows[k * width + x] += weight * plane[y * width + x];
                }
            }
        }
        ratio = (float) width / size;
        for (int k = 0; k < size; k++) {
            float start = k * ratio;
            float end = Math.min(width, start + ratio);
            for (int x = (int) start; x < end; x++) {
                float weight = (Math.min(x + 1, end) - Math.max(x, start)) / (end - start);
                for (int y = 0; y < size; y++) {
                    out[y * size + k] += weight * rows[y * width + x];
                }
            }
        }
    }

    /** Two box passes each way, near to a Gaussian of deviation {@code sigma} pixels; below a fifth of a pixel nothing. */
    void blur(float sigma) {
        blurAlong(sigma, true, 2);
        blurAlong(sigma, false, 2);
    }

    /** Blurs along rows or along columns only, as a moving camera does. */
    void blurAlong(float sigma, boolean rows, int passes) {
        blur(r, width, height, sigma, rows, passes);
        blur(g, width, height, sigma, rows, passes);
        blur(b, width, height, sigma, rows, passes);
    }

    static void blur(float[] plane, int width, int height, float sigma) {
        blur(plane, width, height, sigma, true, 2);
        blur(plane, width, height, sigma, false, 2);
    }

    private static void blur(float[] plane, int width, int height, float sigma, boolean rows, int passes) {
        if (sigma < 0.2f) {
            return;
        }
        // A box of half-width h with fractional ends has variance near (h + 0.5)^2 / 3.
        float half = (float) Math.sqrt(3f * sigma * sigma / passes + 0.25f) - 0.5f;
        for (int pass = 0; pass < passes; pass++) {
            if (rows) {
                boxRows(plane, width, height, half);
            } else {
                boxColumns(plane, width, height, half);
            }
        }
    }

    private static void boxRows(float[] plane, int width, int height, float half) {
        int whole = (int) half;
        float part = half - whole;
        float norm = 1f / (2f * half + 1f);
        int pad = whole + 1;
        float[] line = new float[width + 2 * pad];
        for (int y = 0; y < height; y++) {
            int row = y * width;
            System.arraycopy(plane, row, line, pad, width);
            Arrays.fill(line, 0, pad, plane[row]);
            Arrays.fill(line, pad + width, line.length, plane[row + width - 1]);
            float sum = 0f;
            for (int i = 1; i <= 2 * whole + 1; i++) {
                sum += line[i];
            }
            for (int x = 0; x < width; x++) {
                float right = line[x + 2 * pad];
                plane[row + x] = (sum + part * (line[x] + right)) * norm;
                sum += right - line[x + 1];
            }
        }
    }

    /** As {@link #boxRows} down the columns, but all columns step by step, so that memory is read in order. */
    private static void boxColumns(float[] plane, int width, int height, float half) {
        int whole = (int) half;
        float part = half - whole;
        float norm = 1f / (2f * half + 1f);
        float[] in = plane.clone();
        float[] sum = new float[width];
        for (int k = -whole; k <= whole; k++) {
            int row = clampRow(k, height) * width;
            for (int x = 0; x < width; x++) {
                sum[x] += in[row + x];
            }
        }
        for (int y = 0; y < height; y++) {
            int above = clampRow(y - whole - 1, height) * width;
            int below = clampRow(y + whole + 1, height) * width;
            int leaving = clampRow(y - whole, height) * width;
            int row = y * width;
            for (int x = 0; x < width; x++) {
                float next = in[below + x];
                plane[row + x] = (sum[x] + part * (in[above + x] + next)) * norm;
                sum[x] += next - in[leaving + x];
            }
        }
    }

    private static int clampRow(int y, int height) {
        return Math.min(height - 1, Math.max(0, y));
    }
}
