package io.meristem.data;

/** (value / 255 - mean) / std, by table for bytes. */
final class Normalizer {

    private final Preprocess preprocess;
    private final float[] red = new float[256];
    private final float[] green = new float[256];
    private final float[] blue = new float[256];
    private final float[] mean;
    private final float[] std;

    Normalizer(Preprocess preprocess) {
        this.preprocess = preprocess;
        this.mean = preprocess.mean();
        this.std = preprocess.std();
        for (int v = 0; v < 256; v++) {
            red[v] = (v / 255f - mean[0]) / std[0];
            green[v] = (v / 255f - mean[1]) / std[1];
            blue[v] = (v / 255f - mean[2]) / std[2];
        }
    }

    /** The centre square of a scaled photo into {@code out} (size, size, 3). */
    void centre(RgbImage scaled, float[] out) {
        int size = preprocess.size();
        int left = preprocess.cropStart(scaled.width());
        int top = preprocess.cropStart(scaled.height());
        byte[] rgb = scaled.rgb();
        for (int y = 0, o = 0; y < size; y++) {
            int p = ((top + y) * scaled.width() + left) * 3;
            for (int x = 0; x < size; x++, p += 3, o += 3) {
                out[o] = red[rgb[p] & 0xff];
                out[o + 1] = green[rgb[p + 1] & 0xff];
                out[o + 2] = blue[rgb[p + 2] & 0xff];
            }
        }
    }

    /** Values 0..1 in place, (pixels, 3). */
    void apply(float[] values) {
        for (int i = 0; i < values.length; i += 3) {
            values[i] = (values[i] - mean[0]) / std[0];
            values[i + 1] = (values[i + 1] - mean[1]) / std[1];
            values[i + 2] = (values[i + 2] - mean[2]) / std[2];
        }
    }
}
