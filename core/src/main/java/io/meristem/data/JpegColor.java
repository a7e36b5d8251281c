package io.meristem.data;

import com.drew.metadata.adobe.AdobeJpegDirectory;
import com.drew.metadata.jpeg.JpegComponent;
import com.drew.metadata.jpeg.JpegDirectory;
import java.awt.image.DataBuffer;
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

    // What a byte of Cb or Cr adds to each channel; green's two are summed before they are rounded.
    private static final int[] RED_OF_CR = new int[256];
    private static final int[] GREEN_OF_CB = new int[256];
    private static final int[] GREEN_OF_CR = new int[256];
    private static final int[] BLUE_OF_CB = new int[256];

    static {
        for (int v = 0; v < 256; v++) {
            RED_OF_CR[v] = (CR_R * (v - 128) + HALF) >> 16;
            GREEN_OF_CB[v] = HALF - CB_G * (v - 128);
            GREEN_OF_CR[v] = -CR_G * (v - 128);
            BLUE_OF_CB[v] = (CB_B * (v - 128) + HALF) >> 16;
        }
    }

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
        if (raster.getTransferType() != DataBuffer.TYPE_BYTE) {
            throw new IOException("JPEG with more than 8 bits");
        }
        byte[] row = new byte[width * bands];
        int at = 0;
        for (int y = 0; y < height; y++) {
            raster.getDataElements(raster.getMinX(), raster.getMinY() + y, width, 1, row);
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

    private static void grey(byte[] row, byte[] rgb, int at, int width) {
        for (int x = 0, o = at; x < width; x++, o += 3) {
            byte v = row[x];
            rgb[o] = v;
            rgb[o + 1] = v;
            rgb[o + 2] = v;
        }
    }

    private static void three(byte[] row, byte[] rgb, int at, int width, boolean ycc) {
        if (!ycc) {
            System.arraycopy(row, 0, rgb, at, 3 * width);
            return;
        }
        for (int i = 0, o = at; i < 3 * width; i += 3, o += 3) {
            int luma = row[i] & 0xff;
            int cb = row[i + 1] & 0xff;
            int cr = row[i + 2] & 0xff;
            rgb[o] = (byte) clamp(luma + RED_OF_CR[cr]);
            rgb[o + 1] = (byte) clamp(luma + ((GREEN_OF_CB[cb] + GREEN_OF_CR[cr]) >> 16));
            rgb[o + 2] = (byte) clamp(luma + BLUE_OF_CB[cb]);
        }
    }

    /** Bands C, M, Y, K, or the first three as YCbCr of 255 - ink (YCCK). */
    private static void ink(byte[] row, byte[] rgb, int at, int width, boolean ycc, boolean inverted) {
        byte[] three = new byte[3];
        for (int x = 0, i = 0, o = at; x < width; x++, i += 4, o += 3) {
            int black = row[i + 3] & 0xff;
            if (ycc) {
                byte[] pixel = {row[i], row[i + 1], row[i + 2]};
                three(pixel, three, 0, 1, true);
            }
            int paper = inverted ? black : 255 - black;
            for (int c = 0; c < 3; c++) {
                // YCCK's YCbCr gives 255 minus the stored ink.
                int stored = ycc ? 255 - (three[c] & 0xff) : row[i + c] & 0xff;
                int light = inverted ? stored : 255 - stored;
                rgb[o + c] = (byte) ((light * paper + 127) / 255);
            }
        }
    }

    private static int clamp(int v) {
        return v < 0 ? 0 : Math.min(v, 255);
    }
}
