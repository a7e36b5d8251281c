package io.meristem.data.image;

import java.awt.image.BufferedImage;

/**
 * A decoded picture.
 *
 * @param width in pixels
 * @param height in pixels
 * @param rgb (height, width, 3) interleaved, 0..255 as unsigned bytes; not copied, so whoever holds the picture must not write to it
 */
@SuppressWarnings("ArrayRecordComponent")
public record RgbImage(int width, int height, byte[] rgb) {

    public RgbImage {
        if (width < 1 || height < 1 || rgb.length != 3L * width * height) {
            throw new IllegalArgumentException(width + " x " + height + " RGB does not fit " + rgb.length + " bytes");
        }
    }

    /** The stored values of a picture in memory, taken as sRGB; grey is repeated into three channels, transparency is laid on white (and undone in the picture where it was multiplied in). */
    public static RgbImage of(BufferedImage image) {
        return PixelReader.toRgb(image);
    }

    /** Channel {@code c} (0 red, 1 green, 2 blue) at column {@code x}, row {@code y}: 0..255. */
    public int get(int x, int y, int c) {
        return rgb[(y * width + x) * 3 + c] & 0xff;
    }

    /** A copy for the platform's encoders, TYPE_INT_RGB. */
    BufferedImage buffered() {
        int[] pixels = new int[width * height];
        for (int i = 0, p = 0; p < pixels.length; i += 3, p++) {
            pixels[p] = (rgb[i] & 0xff) << 16 | (rgb[i + 1] & 0xff) << 8 | rgb[i + 2] & 0xff;
        }
        BufferedImage picture = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        picture.setRGB(0, 0, width, height, pixels, 0, width);
        return picture;
    }
}
