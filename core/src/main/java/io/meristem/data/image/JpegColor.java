package io.meristem.data.image;

import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.PixelInterleavedSampleModel;
import java.awt.image.WritableRaster;
import java.io.IOException;
import java.util.Arrays;

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

    /**
     * The picture in RGB. Where the raster holds three bytes of each pixel one after the other, as decoders give it, it becomes the picture itself: a large
     * photo is not held twice.
     */
    static RgbImage toRgb(WritableRaster raster, JpegHead head) throws IOException {
        int width = raster.getWidth();
        int height = raster.getHeight();
        int bands = raster.getNumBands();
        if (raster.getTransferType() != DataBuffer.TYPE_BYTE) {
            throw new IOException("JPEG with more than 8 bits");
        }
        int length = Math.multiplyExact(3, Math.multiplyExact(width, height));
        byte[] stored = bands == 3 ? interleaved(raster, length) : null;
        byte[] rgb = stored == null ? new byte[length] : stored;
        byte[] row = new byte[width * bands];
        int at = 0;
        for (int y = 0; y < height; y++) {
            if (stored == null) {
                raster.getDataElements(raster.getMinX(), raster.getMinY() + y, width, 1, row);
            } else {
                System.arraycopy(stored, at, row, 0, row.length);
            }
            switch (bands) {
                case 1 -> grey(row, rgb, at, width);
                case 3 -> three(row, rgb, at, width, !head.storesRgb());
                case 4 -> ink(row, rgb, at, width, head.storesYcck());
                default -> throw new IOException("JPEG with " + bands + " components");
            }
            at += 3 * width;
        }
        return new RgbImage(width, height, rgb);
    }

    /** The raster's own memory, where nothing else is in it; otherwise null. */
    private static byte[] interleaved(WritableRaster raster, int length) {
        boolean plain = raster.getDataBuffer() instanceof DataBufferByte buffer
                && buffer.getNumBanks() == 1
                && buffer.getOffset() == 0
                && buffer.getSize() == length
                && raster.getSampleModelTranslateX() == 0
                && raster.getSampleModelTranslateY() == 0
                && raster.getSampleModel() instanceof PixelInterleavedSampleModel model
                && model.getPixelStride() == 3
                && model.getScanlineStride() == 3 * raster.getWidth()
                && Arrays.equals(model.getBandOffsets(), new int[] {0, 1, 2});
        return plain ? ((DataBufferByte) raster.getDataBuffer()).getData() : null;
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

    /**
     * Bands C, M, Y, K, or the first three as YCbCr of 255 - ink (YCCK). All of them are stored inverted, as Adobe's programs do, whether their marker is still
     * there or not; so do the common decoders.
     */
    private static void ink(byte[] row, byte[] rgb, int at, int width, boolean ycc) {
        byte[] three = new byte[3];
        for (int x = 0, i = 0, o = at; x < width; x++, i += 4, o += 3) {
            int paper = row[i + 3] & 0xff;
            if (ycc) {
                byte[] pixel = {row[i], row[i + 1], row[i + 2]};
                three(pixel, three, 0, 1, true);
            }
            for (int c = 0; c < 3; c++) {
                // YCCK's YCbCr gives 255 minus the stored ink.
                int light = ycc ? 255 - (three[c] & 0xff) : row[i + c] & 0xff;
                rgb[o + c] = (byte) ((light * paper + 127) / 255);
            }
        }
    }

    private static int clamp(int v) {
        return v < 0 ? 0 : Math.min(v, 255);
    }
}
