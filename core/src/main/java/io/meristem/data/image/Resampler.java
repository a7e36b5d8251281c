package io.meristem.data.image;

/**
 * Antialiased bilinear resizing, as Pillow and torchvision do it: a triangle filter whose support grows with the down-scale, pixel centres at half
 * integers, edges cut and weights renormalised. Agrees with torchvision's {@code resize(antialias=True)} to one grey level.
 *
 * <p>An instance makes one picture, row by row: source rows are added up first, in whole rows that the JIT vectorises, then columns. Nothing
 * larger than a few rows is kept.
 */
public final class Resampler {

    /** For one axis: output i is the sum over k of weights[k][i] times source pixel first[i] + k; all outputs have as many weights, some 0. */
    @SuppressWarnings("ArrayRecordComponent")
    private record Taps(int[] first, float[][] weights) {}

    private final RgbImage image;
    private final int x;
    private final int y;
    private final Taps columns;
    private final Taps rows;
    /** Source rows as floats, each at its number modulo their count. */
    private final float[][] window;

    private final float[] sum;
    private int loaded;
    private int next;

    /** For the given box; {@code mirror} turns left and right round. */
    public Resampler(RgbImage image, int x, int y, int boxW, int boxH, int outW, int outH, boolean mirror) {
        if (x < 0 || y < 0 || boxW < 1 || boxH < 1 || x + boxW > image.width() || y + boxH > image.height()) {
            throw new IllegalArgumentException("box " + boxW + " x " + boxH + " at " + x + ", " + y
                    + " leaves the picture of " + image.width() + " x " + image.height());
        }
        if (outW < 1 || outH < 1) {
            throw new IllegalArgumentException("cannot resize to " + outW + " x " + outH);
        }
        this.image = image;
        this.x = x;
        this.y = y;
        this.columns = taps(boxW, outW, mirror);
        this.rows = taps(boxH, outH, false);
        this.window = new float[rows.weights().length][3 * boxW];
        this.sum = new float[3 * boxW];
    }

    /** The whole picture at {@code outW} x {@code outH}; the same object when it has that size already. */
    public static RgbImage resize(RgbImage image, int outW, int outH) {
        return resize(image, 0, 0, image.width(), image.height(), outW, outH);
    }

    /** The box of {@code boxW} x {@code boxH} pixels at column {@code x}, row {@code y}, resized; pixels outside the box have no part in it. */
    public static RgbImage resize(RgbImage image, int x, int y, int boxW, int boxH, int outW, int outH) {
        Resampler rows = new Resampler(image, x, y, boxW, boxH, outW, outH, false);
        if (boxW == image.width() && boxH == image.height() && outW == boxW && outH == boxH) {
            return image;
        }
        byte[] rgb = new byte[Math.multiplyExact(3, Math.multiplyExact(outW, outH))];
        Planes row = new Planes(outW);
        for (int o = 0; o < rgb.length; ) {
            rows.next(row);
            o = round(row, rgb, o);
        }
        return new RgbImage(outW, outH, rgb);
    }

    /** 2^23: a float this large has no fraction, so that adding it rounds, and the level is then in the lowest bits. Faster than a cast. */
    private static final float ROUND = 1 << 23;

    /** To the nearest level, interleaved from {@code at} on; returns where the next row begins. Values must not come near 255.5. */
    static int round(Planes row, byte[] rgb, int at) {
        float[] r = row.red();
        float[] g = row.green();
        float[] b = row.blue();
        int o = at;
        for (int i = 0; i < r.length; i++, o += 3) {
            rgb[o] = (byte) Float.floatToRawIntBits(r[i] + ROUND);
            rgb[o + 1] = (byte) Float.floatToRawIntBits(g[i] + ROUND);
            rgb[o + 2] = (byte) Float.floatToRawIntBits(b[i] + ROUND);
        }
        return o;
    }

    private static Taps taps(int in, int out, boolean mirror) {
        double scale = (double) in / out;
        double support = Math.max(scale, 1.0);
        double[] raw = new double[(int) Math.ceil(support) * 2 + 1];
        int[] from = new int[out];
        int[] to = new int[out];
        int most = 1;
        for (int i = 0; i < out; i++) {
            double center = (i + 0.5) * scale;
            from[i] = Math.max(0, (int) (center - support + 0.5));
            to[i] = Math.min(in, (int) (center + support + 0.5));
            most = Math.max(most, to[i] - from[i]);
        }
        Taps taps = new Taps(new int[out], new float[most][out]);
        for (int i = 0; i < out; i++) {
            double center = (i + 0.5) * scale;
            double total = 0;
            for (int k = 0; k < to[i] - from[i]; k++) {
                raw[k] = Math.max(0, 1 - Math.abs((from[i] + k + 0.5 - center) / support));
                total += raw[k];
            }
            int at = mirror ? out - 1 - i : i;
            // All weights must meet a pixel, those that are 0 too.
            int first = Math.min(from[i], in - most);
            for (int k = 0; k < to[i] - from[i]; k++) {
                taps.weights()[from[i] - first + k][at] = (float) (raw[k] / total);
            }
            taps.first()[at] = first;
        }
        return taps;
    }

    /** The next row of the picture, from the top. */
    public void next(Planes out) {
        int first = rows.first()[next];
        int taps = window.length;
        for (loaded = Math.max(loaded, first); loaded < first + taps; loaded++) {
            load(loaded, window[loaded % taps]);
        }
        float[][] weights = rows.weights();
        if (taps == 1) {
            System.arraycopy(window[0], 0, sum, 0, sum.length);
        } else {
            add(window[first % taps], weights[0][next], window[(first + 1) % taps], weights[1][next], sum);
            for (int k = 2; k < taps; k++) {
                add(window[(first + k) % taps], weights[k][next], sum);
            }
        }
        next++;
        switch (columns.weights().length) {
            case 2 -> two(out);
            case 3 -> three(out);
            default -> any(out);
        }
    }

    private void load(int row, float[] to) {
        byte[] rgb = image.rgb();
        int from = ((y + row) * image.width() + x) * 3;
        for (int j = 0; j < to.length; j++) {
            to[j] = rgb[from + j] & 0xff;
        }
    }

    private static void add(float[] a, float weightA, float[] b, float weightB, float[] sum) {
        for (int j = 0; j < sum.length; j++) {
            sum[j] = weightA * a[j] + weightB * b[j];
        }
    }

    private static void add(float[] row, float weight, float[] sum) {
        for (int j = 0; j < sum.length; j++) {
            sum[j] += weight * row[j];
        }
    }

    /** Enlarging takes two columns, and a slight reduction three: the usual random crops. */
    private void two(Planes out) {
        float[] r = out.red();
        float[] g = out.green();
        float[] b = out.blue();
        float[] s = sum;
        int[] first = columns.first();
        float[] w0 = columns.weights()[0];
        float[] w1 = columns.weights()[1];
        for (int i = 0; i < first.length; i++) {
            int p = 3 * first[i];
            float u = w0[i];
            float v = w1[i];
            r[i] = u * s[p] + v * s[p + 3];
            g[i] = u * s[p + 1] + v * s[p + 4];
            b[i] = u * s[p + 2] + v * s[p + 5];
        }
    }

    private void three(Planes out) {
        float[] r = out.red();
        float[] g = out.green();
        float[] b = out.blue();
        float[] s = sum;
        int[] first = columns.first();
        float[] w0 = columns.weights()[0];
        float[] w1 = columns.weights()[1];
        float[] w2 = columns.weights()[2];
        for (int i = 0; i < first.length; i++) {
            int p = 3 * first[i];
            float u = w0[i];
            float v = w1[i];
            float w = w2[i];
            r[i] = u * s[p] + v * s[p + 3] + w * s[p + 6];
            g[i] = u * s[p + 1] + v * s[p + 4] + w * s[p + 7];
            b[i] = u * s[p + 2] + v * s[p + 5] + w * s[p + 8];
        }
    }

    private void any(Planes out) {
        float[] s = sum;
        int[] first = columns.first();
        float[][] weights = columns.weights();
        for (int i = 0; i < first.length; i++) {
            int p = 3 * first[i];
            float r = 0;
            float g = 0;
            float b = 0;
            for (float[] weight : weights) {
                float w = weight[i];
                r += w * s[p];
                g += w * s[p + 1];
                b += w * s[p + 2];
                p += 3;
            }
            out.red()[i] = r;
            out.green()[i] = g;
            out.blue()[i] = b;
        }
    }
}
