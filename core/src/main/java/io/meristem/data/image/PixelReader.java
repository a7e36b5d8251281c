package io.meristem.data.image;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.awt.image.SampleModel;

/**
 * The stored values of a decoded picture as 8-bit RGB. It reads the raster: {@link BufferedImage#getRGB} would treat grey as linear light and bend
 * it through a gamma curve.
 */
final class PixelReader {

    private PixelReader() {}

    static RgbImage toRgb(BufferedImage image) {
        int width = image.getWidth();
        int height = image.getHeight();
        byte[] rgb = new byte[Math.multiplyExact(3, Math.multiplyExact(width, height))];
        ColorModel colors = image.getColorModel();
        int type = colors.getColorSpace().getType();
        if (colors instanceof IndexColorModel palette) {
            indexed(image.getRaster(), palette, rgb);
        } else if (type == ColorSpace.TYPE_RGB || type == ColorSpace.TYPE_GRAY) {
            if (colors.hasAlpha() && colors.isAlphaPremultiplied()) {
                image.coerceData(false);
            }
            direct(image.getRaster(), colors.hasAlpha(), rgb);
        } else {
            converted(image, rgb);
        }
        return new RgbImage(width, height, rgb);
    }

    private static void indexed(Raster raster, IndexColorModel palette, byte[] rgb) {
        int width = raster.getWidth();
        int[] row = new int[width];
        for (int y = 0, o = 0; y < raster.getHeight(); y++) {
            raster.getSamples(raster.getMinX(), raster.getMinY() + y, width, 1, 0, row);
            for (int x = 0; x < width; x++, o += 3) {
                putArgb(palette.getRGB(Math.min(row[x], palette.getMapSize() - 1)), rgb, o);
            }
        }
    }

    private static void direct(Raster raster, boolean alpha, byte[] rgb) {
        int width = raster.getWidth();
        int bands = raster.getNumBands();
        SampleModel samples = raster.getSampleModel();
        int[] max = new int[bands];
        boolean scale = false;
        for (int b = 0; b < bands; b++) {
            max[b] = (1 << samples.getSampleSize(b)) - 1;
            scale |= max[b] != 255;
        }
        int colors = alpha ? bands - 1 : bands;
        int[] row = new int[width * bands];
        for (int y = 0, o = 0; y < raster.getHeight(); y++) {
            raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, row);
            if (scale) {
                for (int i = 0; i < row.length; i++) {
                    int m = max[i % bands];
                    row[i] = (int) ((row[i] * 255L + m / 2) / m);
                }
            }
            for (int x = 0, i = 0; x < width; x++, i += bands, o += 3) {
                int a = alpha ? row[i + colors] : 255;
                for (int c = 0; c < 3; c++) {
                    rgb[o + c] = (byte) onWhite(row[colors == 1 ? i : i + c], a);
                }
            }
        }
    }

    private static void converted(BufferedImage image, byte[] rgb) {
        int width = image.getWidth();
        int[] row = new int[width];
        for (int y = 0, o = 0; y < image.getHeight(); y++) {
            image.getRGB(0, y, width, 1, row, 0, width);
            for (int x = 0; x < width; x++, o += 3) {
                putArgb(row[x], rgb, o);
            }
        }
    }

    private static void putArgb(int argb, byte[] rgb, int o) {
        int a = argb >>> 24;
        rgb[o] = (byte) onWhite((argb >> 16) & 0xff, a);
        rgb[o + 1] = (byte) onWhite((argb >> 8) & 0xff, a);
        rgb[o + 2] = (byte) onWhite(argb & 0xff, a);
    }

    private static int onWhite(int value, int alpha) {
        return alpha == 255 ? value : (value * alpha + 255 * (255 - alpha) + 127) / 255;
    }
}
