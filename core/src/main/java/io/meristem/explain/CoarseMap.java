package io.meristem.explain;

/**
 * How much each cell of a grid over a network's input speaks for a class.
 *
 * @param width cells in a row
 * @param height rows
 * @param values (height, width), row by row, 0 or more; not copied
 * @param cells where the cells lie
 */
@SuppressWarnings("ArrayRecordComponent")
public record CoarseMap(int width, int height, float[] values, Cells cells) {

    /**
     * Where the cells of a grid look, in pixels of the network's input from its left and upper edge.
     *
     * @param step from one cell's centre to the next, along both axes
     * @param firstX centre of the first column; it may lie outside of the input
     * @param firstY centre of the first row
     */
    public record Cells(double step, double firstX, double firstY) {}

    public CoarseMap {
        if (width < 1 || height < 1 || values.length != width * height) {
            throw new IllegalArgumentException(width + " x " + height + " cells do not fit " + values.length);
        }
    }

    /** The largest value; 0 when nothing speaks for the class. */
    public float max() {
        float max = 0;
        for (float value : values) {
            max = Math.max(max, value);
        }
        return max;
    }
}
