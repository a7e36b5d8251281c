package io.meristem.data.synth;

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
        float[] rows = new float[size * height];
        for (int y = 0; y < height; y++) {
            shrinkLine(plane, y * width, 1, width, rows, y * size, 1, size);
        }
        for (int x = 0; x < size; x++) {
            shrinkLine(rows, x, size, height, out, x, size, size);
        }
    }

    private static void shrinkLine(float[] in, int from, int step, int n, float[] out, int to, int outStep, int m) {
        float ratio = (float) n / m;
        for (int k = 0; k < m; k++) {
            float start = k * ratio;
            float end = Math.min(n, start + ratio);
            float sum = 0f;
            for (int i = (int) start; i < end; i++) {
                sum += in[from + i * step] * (Math.min(i + 1, end) - Math.max(i, start));
            }
            out[to + k * outStep] = sum / (end - start);
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
        int lines = rows ? height : width;
        int n = rows ? width : height;
        int step = rows ? 1 : width;
        int lineStep = rows ? width : 1;
        float[] line = new float[n];
        for (int l = 0; l < lines; l++) {
            for (int pass = 0; pass < passes; pass++) {
                boxLine(plane, l * lineStep, step, n, half, line);
            }
        }
    }

    private static void boxLine(float[] plane, int from, int step, int n, float half, float[] line) {
        int whole = (int) half;
        float part = half - whole;
        for (int i = 0; i < n; i++) {
            line[i] = plane[from + i * step];
        }
        float sum = 0f;
        for (int i = -whole; i <= whole; i++) {
            sum += line[Math.min(n - 1, Math.max(0, i))];
        }
        float norm = 1f / (2f * half + 1f);
        for (int i = 0; i < n; i++) {
            float left = line[Math.max(0, i - whole - 1)];
            float right = line[Math.min(n - 1, i + whole + 1)];
            plane[from + i * step] = (sum + part * (left + right)) * norm;
            sum += right - line[Math.max(0, i - whole)];
        }
    }
}
