package io.meristem.data.check;

import io.meristem.data.image.Resampler;
import io.meristem.data.image.RgbImage;

/**
 * What is kept of a photo's pixels: all of it from the photo squeezed into 32 x 32, but for the corners, which come from the photo itself.
 *
 * @param hashes difference hash in each of the eight positions (turned by quarters, and mirrored), the upright one first
 * @param detail (32 * 32) brightness less its surroundings, in {@value #UNIT}ths of its own standard deviation; null where the picture is too flat for
 *     two of its kind to be told apart
 * @param corners mean colour of the four corners as 0xRRGGBB, in squares of 1/32 of the short side
 * @param border what {@link Colours} says of the outermost {@value #RING} pixels
 * @param centre likewise of the middle 16 x 16
 * @param colour mean red, green and blue of all pixels, 0..255
 */
@SuppressWarnings("ArrayRecordComponent")
record PhotoDescriptor(long[] hashes, byte[] detail, int[] corners, float[] border, float[] centre, float[] colour) {

    static final int SIDE = 32;

    /** Width of the border, of 32 pixels. */
    static final int RING = 2;

    static final int POSITIONS = 8;

    private static final int UNIT = 24;

    private static final int SURROUNDINGS = 3;

    /** Grey levels of standard deviation; JPEG's own noise is below. */
    private static final double LEAST_DETAIL = 1;

    /** Grey levels by which neighbours must differ, so that noise on an even ground sets no bits. */
    private static final double HASH_MARGIN = 1;

    static PhotoDescriptor of(RgbImage photo) {
        RgbImage small = Resampler.resize(photo, SIDE, SIDE);
        double[] grey = grey(small);
        long[] hashes = new long[POSITIONS];
        for (int position = 0; position < POSITIONS; position++) {
            hashes[position] = hash(grey, position);
        }
        Colours border = new Colours();
        Colours centre = new Colours();
        Colours all = new Colours();
        for (int y = 0; y < SIDE; y++) {
            for (int x = 0; x < SIDE; x++) {
                all.add(small, x, y);
                int edge = Math.min(Math.min(x, SIDE - 1 - x), Math.min(y, SIDE - 1 - y));
                if (edge < RING) {
                    border.add(small, x, y);
                } else if (edge >= SIDE / 4) {
                    centre.add(small, x, y);
                }
            }
        }
        return new PhotoDescriptor(
                hashes, detail(grey), corners(photo), border.features(), centre.features(), all.means());
    }

    private static double[] grey(RgbImage image) {
        double[] grey = new double[SIDE * SIDE];
        for (int i = 0; i < grey.length; i++) {
            int x = i % SIDE;
            int y = i / SIDE;
            grey[i] = 0.299 * image.get(x, y, 0) + 0.587 * image.get(x, y, 1) + 0.114 * image.get(x, y, 2);
        }
        return grey;
    }

    /** Where the pixel at {@code i} of a picture in this position lies in the upright one. */
    static int source(int i, int position) {
        int x = i % SIDE;
        int y = i / SIDE;
        if ((position & 1) != 0) {
            x = SIDE - 1 - x;
        }
        if ((position & 2) != 0) {
            y = SIDE - 1 - y;
        }
        return (position & 4) != 0 ? x * SIDE + y : y * SIDE + x;
    }

    /** Krawetz's dHash: 9 x 8 means, a bit for each that is brighter than its left neighbour. */
    private static long hash(double[] grey, int position) {
        double[] cells = new double[9 * 8];
        double width = SIDE / 9.0;
        for (int i = 0; i < grey.length; i++) {
            double value = grey[source(i, position)];
            int x = i % SIDE;
            int row = i / SIDE / 4;
            // A pixel may lie in two of the nine columns.
            int left = (int) (x / width);
            double within = Math.min(1, (left + 1) * width - x);
            cells[row * 9 + left] += within * value;
            if (within < 1 && left < 8) {
                cells[row * 9 + left + 1] += (1 - within) * value;
            }
        }
        double margin = HASH_MARGIN * 4 * width;
        long bits = 0;
        for (int row = 0; row < 8; row++) {
            for (int x = 0; x < 8; x++) {
                bits = bits << 1 | (cells[row * 9 + x + 1] > cells[row * 9 + x] + margin ? 1 : 0);
            }
        }
        return bits;
    }

    private static byte[] detail(double[] grey) {
        double[] detail = new double[grey.length];
        double mean = 0;
        for (int i = 0; i < detail.length; i++) {
            detail[i] = grey[i] - surroundings(grey, i % SIDE, i / SIDE);
            mean += detail[i] / detail.length;
        }
        double square = 0;
        for (double d : detail) {
            square += (d - mean) * (d - mean) / detail.length;
        }
        double deviation = Math.sqrt(square);
        if (deviation < LEAST_DETAIL) {
            return null;
        }
        byte[] rounded = new byte[detail.length];
        for (int i = 0; i < rounded.length; i++) {
            double units = UNIT * (detail[i] - mean) / deviation;
            rounded[i] = (byte) Math.max(-127, Math.min(127, Math.round(units)));
        }
        return rounded;
    }

    private static double surroundings(double[] grey, int x, int y) {
        double sum = 0;
        int count = 0;
        for (int v = Math.max(0, y - SURROUNDINGS); v <= Math.min(SIDE - 1, y + SURROUNDINGS); v++) {
            for (int u = Math.max(0, x - SURROUNDINGS); u <= Math.min(SIDE - 1, x + SURROUNDINGS); u++) {
                sum += grey[v * SIDE + u];
                count++;
            }
        }
        return sum / count;
    }

    private static int[] corners(RgbImage photo) {
        int side = Math.max(1, Math.round(Math.min(photo.width(), photo.height()) / 32f));
        int right = photo.width() - side;
        int bottom = photo.height() - side;
        return new int[] {
            mean(photo, 0, 0, side),
            mean(photo, right, 0, side),
            mean(photo, 0, bottom, side),
            mean(photo, right, bottom, side)
        };
    }

    private static int mean(RgbImage photo, int left, int top, int side) {
        int colour = 0;
        for (int c = 0; c < 3; c++) {
            long sum = 0;
            for (int y = top; y < top + side; y++) {
                for (int x = left; x < left + side; x++) {
                    sum += photo.get(x, y, c);
                }
            }
            colour = colour << 8 | (int) (sum / ((long) side * side));
        }
        return colour;
    }

    /** How alike the details of this and another picture are when the other is put into a position: correlation, from -1 to 1. */
    double likeness(PhotoDescriptor other, int position) {
        long product = 0;
        long squareHere = 0;
        long squareThere = 0;
        for (int i = 0; i < detail.length; i++) {
            int here = detail[i];
            int there = other.detail[source(i, position)];
            product += here * there;
            squareHere += here * here;
            squareThere += there * there;
        }
        return product / Math.sqrt((double) squareHere * squareThere);
    }
}
