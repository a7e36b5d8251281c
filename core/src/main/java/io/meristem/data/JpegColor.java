package io.meristem.data;

import com.drew.metadata.adobe.AdobeJpegDirectory;
import com.drew.metadata.jpeg.JpegComponent;
import com.drew.metadata.jpeg.JpegDirectory;
import java.awt.image.Raster;
import java.io.IOException;

/** From the components a JPEG stores to RGB. */
final class JpegColor {

    // JFIF's YCbCr to RGB (ITU-R BT.601, full range), 16-bit fixed point.
    private static final int CR_R = 91881; // 1.402
    private static final int CB_G = 22554; // 0.344136
    private static final int CR_G = 46802; // 0.714136
    private static final int CB_B = 116130; // 1.772
    private static final int HALF = 1 << 15;

    private JpegColor() {}

    /** {@code frame} and {@code adobe} may be null, then the usual meaning of the component count holds. */
    static RgbImage toRgb(Raster raster, JpegDirectory frame, AdobeJpegDirectory adobe) throws IOException {
        int width = raster.getWidth();
        int height = raster.getHeight();
        int bands = raster.getNumBands();
        Integer transform = adobe == null ? null : adobe.getInteger(AdobeJpegDirectory.TAG_COLOR_TRANSFORM);
        byte[] rgb = new byte[Math.multiplyExact(3, Math.multiplyExact(width, height))];
        boolean ycc = bands == 3 ? !storesRgb(frame, transform) : transform != null && transform == 2;
        // Adobe writes CMYK inverted; files without its marker store ink as it is.
        boolean inverted = adobe != null;
        int[] row = new int[width * bands];
        int at = 0;
        for (int y = 0; y < height; y++) {
            raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, row);
            switch (bands) {
                case 1 -> grey(row, rgb, at, width);
                case 3 -> three(row, rgb, at, width, ycc);
                case 4 -> ink(row, rgb, at, width, ycc, inverted);
                default -> throw new IOException("JPEG with " + bands + " components");
            }
            at += 3 * width;
        }
        return new RgbImage(width, height, rgb);
    }

    /** As the common decoders tell: Adobe's word first, then JFIF's silence, then components named R, G, B. */
    private static boolean storesRgb(JpegDirectory frame, Integer transform) {
        if (transform != null) {
            return transform == 0;
        }
        if (frame == null) {
            return false;
        }
        String names = "RGB";
        for (int i = 0; i < 3; i++) {
            JpegComponent component = frame.getComponent(i);
            if (component == null || component.getComponentId() != names.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private static void grey(int[] row, byte[] rgb, int at, int width) {
        for (int x = 0, o = at; x < width; x++, o += 3) {
            byte v = (byte) row[x];
            rgb[o] = v;
            rgb[o + 1] = v;
            rgb[o + 2] = v;
        }
    }

    private static void three(int[] row, byte[] rgb, int at, int width, boolean ycc) {
        for (int x = 0, i = 0, o = at; x < width; x++, i += 3, o += 3) {
            if (ycc) {
                int luma = row[i];
                int cb = row[i + 1] - 128;
                int cr = row[i + 2] - 128;
                rgb[o] = (byte) clamp(luma + ((CR_R * cr + HALF) >> 16));
                rgb[o + 1] = (byte) clamp(luma + ((HALF - CB_G * cb - CR_G * cr) >> 16));
                rgb[o + 2] = (byte) clamp(luma + ((CB_B * cb + HALF) >> 16));
            } else {
                rgb[o] = (byte) row[i];
                rgb[o + 1] = (byte) row[i + 1];
                rgb[o + 2] = (byte) row[i + 2];
            }
        }
    }

    /** Bands C, M, Y, K, or the first three as YCbCr of 255 - ink (YCCK). */
    private static void ink(int[] row, byte[] rgb, int at, int width, boolean ycc, boolean inverted) {
        byte[] three = new byte[3];
        for (int x = 0, i = 0, o = at; x < width; x++, i += 4, o += 3) {
            int black = row[i + 3];
            if (ycc) {
                int[] pixel = {row[i], row[i + 1], row[i + 2]};
                three(pixel, three, 0, 1, true);
            }
            int paper = inverted ? black : 255 - black;
            for (int c = 0; c < 3; c++) {
                // YCCK's YCbCr gives 255 minus the stored ink.
                int stored = ycc ? 255 - (three[c] & 0xff) : row[i + c];
                int light = inverted ? stored : 255 - stored;
                rgb[o + c] = (byte) ((light * paper + 127) / 255);
            }
        }
    }

    private static int clamp(int v) {
        return v < 0 ? 0 : Math.min(v, 255);
    }
}
