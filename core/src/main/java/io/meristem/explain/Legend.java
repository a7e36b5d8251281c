package io.meristem.explain;

import io.meristem.data.image.RgbImage;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** The colour scale below a heatmap, from "low" to "high". Its letters are drawn here, because a machine without fonts must make the same picture. */
public final class Legend {

    /** Rows of 5 pixels, the highest bit on the left. */
    private enum Glyph {
        L(12, 4, 4, 4, 4, 4, 14),
        O(0, 0, 14, 17, 17, 17, 14),
        W(0, 0, 17, 17, 21, 21, 10),
        H(16, 16, 22, 25, 17, 17, 17),
        I(4, 0, 12, 4, 4, 4, 14),
        G(0, 15, 17, 17, 15, 1, 14);

        private final int[] rows;

        Glyph(int... rows) {
            this.rows = rows;
        }
    }

    private static final Glyph[] LOW = {Glyph.L, Glyph.O, Glyph.W};
    private static final Glyph[] HIGH = {Glyph.H, Glyph.I, Glyph.G, Glyph.H};
    private static final int WIDE = 6;
    private static final int TALL = 7;

    /** From this width on there is room for letters beside the bar. */
    private static final int ROOM = 90;

    private Legend() {}

    /** The picture with the scale below it. */
    public static RgbImage below(RgbImage picture) {
        int width = picture.width();
        int scale = Math.max(1, Math.min(width, picture.height()) / 240);
        int strip = scale * (TALL + 6);
        byte[] rgb = Arrays.copyOf(picture.rgb(), picture.rgb().length + 3 * width * strip);
        Arrays.fill(rgb, picture.rgb().length, rgb.length, (byte) 255);
        boolean words = width >= ROOM;
        int from = scale * (words ? LOW.length * WIDE + 6 : 2);
        int to = width - scale * (words ? HIGH.length * WIDE + 6 : 2);
        HeatColours colours = HeatColours.load();
        for (int y = picture.height() + 3 * scale; y < picture.height() + strip - 3 * scale; y++) {
            for (int x = from; x < to; x++) {
                set(rgb, 3 * (y * width + x), colours.of((float) (x - from) / Math.max(1, to - from - 1)));
            }
        }
        if (words) {
            write(rgb, width, 3 * scale, picture.height() + 3 * scale, scale, LOW);
            write(rgb, width, to + 3 * scale, picture.height() + 3 * scale, scale, HIGH);
        }
        return new RgbImage(width, picture.height() + strip, rgb);
    }

    /** So many colours of the scale, evenly from low to high, as {@code #rrggbb}. */
    public static List<String> colours(int count) {
        HeatColours colours = HeatColours.load();
        return IntStream.range(0, count)
                .mapToObj(i -> String.format(Locale.ROOT, "#%06x", colours.of((float) i / (count - 1))))
                .toList();
    }

    private static void write(byte[] rgb, int width, int left, int top, int scale, Glyph[] word) {
        for (int i = 0; i < word.length; i++) {
            for (int p = 0; p < scale * scale * TALL * (WIDE - 1); p++) {
                int column = p % (scale * (WIDE - 1));
                int row = p / (scale * (WIDE - 1));
                if ((word[i].rows[row / scale] >> (WIDE - 2 - column / scale) & 1) == 1) {
                    set(rgb, 3 * ((top + row) * width + left + i * WIDE * scale + column), 0);
                }
            }
        }
    }

    private static void set(byte[] rgb, int at, int colour) {
        rgb[at] = (byte) (colour >> 16);
        rgb[at + 1] = (byte) (colour >> 8);
        rgb[at + 2] = (byte) colour;
    }
}
