package io.meristem.explain;

import io.meristem.data.image.Preprocess.Seen;
import io.meristem.data.image.RgbImage;

/**
 * An explanation with the photo that it is of.
 *
 * @param size side of the network's input, pixels
 * @param seen the part of the photo that the network saw
 * @param width of the photo, pixels
 * @param height of the photo, pixels
 */
public record Heatmap(Explanation explanation, int size, Seen seen, int width, int height) {

    /** How much of the colour shows where the map is 0 and where it is highest. */
    private static final float LEAST = 0.12f;

    private static final float MOST = 0.68f;
    private static final byte FRAME = (byte) 255;

    /** Whether anything in the photo speaks for the class, as far as the method can tell. */
    public boolean empty() {
        return explanation.map().max() == 0;
    }

    /**
     * The map over its photo, in the photo's colours where little speaks for the class. Its scale ends at the map's own maximum. What the network did not see is left as it is, beyond a thin
     * white frame.
     *
     * @param photo upright, in any size
     */
    public RgbImage over(RgbImage photo) {
        double sx = (double) photo.width() / width;
        double sy = (double) photo.height() / height;
        Seen scaled = new Seen(seen.left() * sx, seen.top() * sy, seen.width() * sx, seen.height() * sy);
        MapSampler map = new MapSampler(explanation.map(), size, scaled, photo.width(), photo.height());
        HeatColours colours = HeatColours.load();
        byte[] rgb = photo.rgb().clone();
        float max = Math.max(explanation.map().max(), Float.MIN_NORMAL);
        float[] row = new float[photo.width()];
        for (int y = map.top(); y < map.bottom(); y++) {
            map.row(y, row);
            for (int x = map.left(); x < map.right(); x++) {
                blend(rgb, 3 * (y * photo.width() + x), colours, row[x] / max);
            }
        }
        frame(rgb, photo, map);
        return new RgbImage(photo.width(), photo.height(), rgb);
    }

    private static void blend(byte[] rgb, int at, HeatColours colours, float share) {
        int colour = colours.of(share);
        float alpha = LEAST + (MOST - LEAST) * share;
        for (int c = 0; c < 3; c++) {
            int over = colour >> (16 - 8 * c) & 0xff;
            int under = rgb[at + c] & 0xff;
            rgb[at + c] = (byte) Math.round(under + alpha * (over - under));
        }
    }

    private static void frame(byte[] rgb, RgbImage photo, MapSampler map) {
        int thick = Math.max(1, Math.min(photo.width(), photo.height()) / 200);
        for (int y = 0; y < photo.height(); y++) {
            for (int x = 0; x < photo.width(); x++) {
                int outX = Math.max(map.left() - x, x - map.right() + 1);
                int outY = Math.max(map.top() - y, y - map.bottom() + 1);
                int out = Math.max(outX, outY);
                if (out > 0 && out <= thick) {
                    int at = 3 * (y * photo.width() + x);
                    rgb[at] = FRAME;
                    rgb[at + 1] = FRAME;
                    rgb[at + 2] = FRAME;
                }
            }
        }
    }
}
