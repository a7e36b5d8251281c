package io.meristem.report;

/**
 * One field of a table.
 *
 * @param number whether it is set flush right
 * @param style CSS of its colours, or null
 * @param title shown where the mouse rests, or null
 */
record TableCell(String text, boolean number, String style, String title) {

    static TableCell text(String text) {
        return new TableCell(text, false, null, null);
    }

    static TableCell number(String text) {
        return new TableCell(text, true, null, null);
    }

    static TableCell number(long value) {
        return number(String.valueOf(value));
    }

    /** Coloured by {@code share} in [0, 1]: the more, the darker. */
    static TableCell shaded(String text, double share, Shade shade, String title) {
        return new TableCell(text, true, shade.css(share), title);
    }
}
