package io.meristem.data.image;

import java.nio.FloatBuffer;

/** (value / 255 - mean) / std, by table for bytes. */
public final class Normalizer {

    private final Preprocess preprocess;
    private final float[] red = new float[256];
    private final float[] green = new float[256];
    private final float[] blue = new float[256];
    private final float[] factor = new float[3];
    private final float[] offset = new float[3];

    public Normalizer(Preprocess preprocess) {
        this.preprocess = preprocess;
        float[] mean = preprocess.mean();
        float[] std = preprocess.std();
        for (int v = 0; v < 256; v++) {
            red[v] = (v / 255f - mean[0]) / std[0];
            green[v] = (v / 255f - mean[1]) / std[1];
            blue[v] = (v / 255f - mean[2]) / std[2];
        }
        for (int c = 0; c < 3; c++) {
            factor[c] = (float) (1 / (255.0 * std[c]));
            offset[c] = (float) (-(double) mean[c] / std[c]);
        }
    }

    /** The centre square of a scaled photo as (size, size, 3), from {@code at} on. */
    public void centre(RgbImage scaled, FloatBuffer out, int at) {
        write(scaled, View.CENTRE, out, at);
    }

    /** A view of a scaled photo as (size, size, 3), from {@code at} on. */
    public void write(RgbImage scaled, View view, FloatBuffer out, int at) {
        int size = preprocess.size();
        int left = view.left(preprocess, scaled.width());
        int top = view.top(preprocess, scaled.height());
        byte[] rgb = scaled.rgb();
        float[] row = new float[size * 3];
        for (int y = 0; y < size; y++) {
            int p = ((top + y) * scaled.width() + left) * 3;
            int step = 3;
            if (view.mirrored()) {
                p += 3 * (size - 1);
                step = -3;
            }
            for (int o = 0; o < row.length; o += 3, p += step) {
                row[o] = red[rgb[p] & 0xff];
                row[o + 1] = green[rgb[p + 1] & 0xff];
                row[o + 2] = blue[rgb[p + 2] & 0xff];
            }
            out.put(at + (view.upsideDown() ? size - 1 - y : y) * row.length, row);
        }
    }

    /** A row of three planes to interleaved {@code row}. */
    public void interleave(Planes planes, float[] row) {
        float[] r = planes.red();
        float[] g = planes.green();
        float[] b = planes.blue();
        float fr = factor[0];
        float fg = factor[1];
        float fb = factor[2];
        float or = offset[0];
        float og = offset[1];
        float ob = offset[2];
        for (int i = 0, o = 0; i < r.length; i++, o += 3) {
            row[o] = r[i] * fr + or;
            row[o + 1] = g[i] * fg + og;
            row[o + 2] = b[i] * fb + ob;
        }
    }
}
