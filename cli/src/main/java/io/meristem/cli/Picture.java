package io.meristem.cli;

import java.util.List;

/** Small pictures of numbers in block characters, for one line of a terminal. */
final class Picture {

    private static final String HEIGHTS = "\u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588";
    private static final String WIDTHS = "\u258f\u258e\u258d\u258c\u258b\u258a\u2589\u2588";
    private static final char CUT = '+';

    private Picture() {}

    /**
     * One character a value, as high as the value is large beside the first; zeros are blank, and those at the end are left away.
     *
     * @param falling none negative, greatest first
     * @param width where there are more values, the last character is a plus sign
     */
    static String columns(List<Double> falling, int width) {
        StringBuilder line = new StringBuilder();
        for (double value : falling) {
            if (value <= 0) {
                break;
            }
            if (line.length() == width) {
                line.setCharAt(width - 1, CUT);
                break;
            }
            double share = Math.min(1, value / falling.get(0));
            line.append(HEIGHTS.charAt((int) Math.min(HEIGHTS.length() - 1, share * HEIGHTS.length())));
        }
        return line.toString();
    }

    /**
     * A bar from the left, in eighths of a character; whatever is above zero shows.
     *
     * @param share in [0, 1]; what is outside counts as the nearer end
     */
    static String bar(double share, int width) {
        int parts = WIDTHS.length();
        double within = Math.max(0, Math.min(1, share));
        int eighths = (int) Math.round(within * width * parts);
        if (within > 0 && eighths == 0) {
            eighths = 1;
        }
        String full = String.valueOf(WIDTHS.charAt(parts - 1)).repeat(eighths / parts);
        return eighths % parts == 0 ? full : full + WIDTHS.charAt(eighths % parts - 1);
    }
}
