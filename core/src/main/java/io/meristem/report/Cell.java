package io.meristem.report;

/**
 * One field of a table.
 *
 * @param number whether it is set flush right
 * @param style CSS of its colours, or null
 * @param title shown where the mouse rests, or null
 */
record Cell(String text, boolean number, String style, String title) {

    static Cell text(String text) {
        return new Cell(text, false, null, null);
    }

    static Cell number(String text) {
        return new Cell(text, true, null, null);
    }

    static Cell number(long value) {
        return number(String.valueOf(value));
    }

    /** Coloured by {@code share} in [0, 1]: the more, the darker. */
    static Cell shaded(String text, double share, Shade shade, String title) {
        return new Cell(text, true, shade.css(share), title);
    }
}
