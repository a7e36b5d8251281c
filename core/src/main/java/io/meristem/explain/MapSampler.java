package io.meristem.explain;

import io.meristem.data.image.Preprocess.Seen;

/**
 * A coarse map, smooth over the pixels of the photo that it is of: cubic interpolation (Keys 1981, a = -1/2) between the centres of the cells, at least 0 and at
 * most the map's maximum. Beyond the outermost centres the outermost cells are repeated.
 */
public final class MapSampler {

    private static final int TAPS = 4;

    /** For one axis: pixel i is the sum over k of weights[i][k] times cell cells[i][k]; {@code from} to {@code to} are seen. */
    @SuppressWarnings("ArrayRecordComponent")
    private record Axis(int[][] cells, float[][] weights, int from, int to) {}

    private final CoarseMap map;
    private final float max;
    private final Axis columns;
    private final Axis rows;
    private final float[] mixed;

    /**
     * @param size side of the network's input, pixels
     * @param seen the part of the photo that it saw
     * @param width of the photo
     * @param height of the photo
     */
    public MapSampler(CoarseMap map, int size, Seen seen, int width, int height) {
        this.map = map;
        this.max = map.max();
        this.columns =
                axis(map.width(), map.cells().step(), map.cells().firstX(), size, seen.left(), seen.width(), width);
        this.rows =
                axis(map.height(), map.cells().step(), map.cells().firstY(), size, seen.top(), seen.height(), height);
        this.mixed = new float[map.width()];
    }

    private static Axis axis(int cells, double step, double first, int size, double start, double length, int pixels) {
        int from = (int) Math.max(0, Math.ceil(start - 0.5));
        int to = (int) Math.min(pixels, Math.ceil(start + length - 0.5));
        Axis axis = new Axis(new int[pixels][TAPS], new float[pixels][TAPS], from, to);
        for (int i = from; i < to; i++) {
            double input = (i + 0.5 - start) * size / length;
            double cell = Math.max(0, Math.min(cells - 1, (input - first) / step));
            int left = (int) Math.floor(cell) - 1;
            for (int k = 0; k < TAPS; k++) {
                axis.cells()[i][k] = Math.max(0, Math.min(cells - 1, left + k));
                axis.weights()[i][k] = (float) keys(cell - (left + k));
            }
        }
        return axis;
    }

    private static double keys(double distance) {
        double d = Math.abs(distance);
        if (d < 1) {
            return (1.5 * d - 2.5) * d * d + 1;
        }
        return d < 2 ? ((-0.5 * d + 2.5) * d - 4) * d + 2 : 0;
    }

    /** First column that the network saw. */
    public int left() {
        return columns.from();
    }

    /** The column after the last one that it saw. */
    public int right() {
        return columns.to();
    }

    /** First row that it saw. */
    public int top() {
        return rows.from();
    }

    /** The row after the last one that it saw. */
    public int bottom() {
        return rows.to();
    }

    /** Row {@code y}, one that is seen: values in [0, max], written from {@link #left} on and up to {@link #right}. */
    public void row(int y, float[] out) {
        float[] w = rows.weights()[y];
        int[] c = rows.cells()[y];
        for (int x = 0; x < mixed.length; x++) {
            float sum = 0;
            for (int k = 0; k < TAPS; k++) {
                sum += w[k] * map.values()[c[k] * map.width() + x];
            }
            mixed[x] = sum;
        }
        for (int x = columns.from(); x < columns.to(); x++) {
            float sum = 0;
            for (int k = 0; k < TAPS; k++) {
                sum += columns.weights()[x][k] * mixed[columns.cells()[x][k]];
            }
            out[x] = Math.max(0, Math.min(max, sum));
        }
    }
}
