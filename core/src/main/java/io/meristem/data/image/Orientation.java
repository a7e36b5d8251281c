package io.meristem.data.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** EXIF's tag 0x0112: how the stored rows lie in the upright picture. */
final class Orientation {

    private static final int TAG = 0x0112;
    private static final int BYTE = 1;
    private static final int SHORT = 3;
    private static final int LONG = 4;

    private Orientation() {}

    /**
     * Of the first directory of an Exif block; nothing else in it is looked at.
     *
     * @param exif a TIFF structure, or null
     * @return 1, upright, where it does not say
     */
    static int of(byte[] exif) {
        if (exif == null || exif.length < 8) {
            return 1;
        }
        ByteBuffer tiff = ByteBuffer.wrap(exif);
        tiff.order(exif[0] == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        long directory = Integer.toUnsignedLong(tiff.getInt(4));
        if (directory + 2 > exif.length) {
            return 1;
        }
        int entries = Short.toUnsignedInt(tiff.getShort((int) directory));
        for (int i = 0; i < entries; i++) {
            long entry = directory + 2 + 12L * i;
            if (entry + 12 > exif.length) {
                return 1;
            }
            int at = (int) entry;
            if (Short.toUnsignedInt(tiff.getShort(at)) == TAG && tiff.getInt(at + 4) == 1) {
                return switch (tiff.getShort(at + 2)) {
                    case BYTE -> exif[at + 8];
                    case SHORT -> tiff.getShort(at + 8);
                    case LONG -> tiff.getInt(at + 8);
                    default -> 1;
                };
            }
        }
        return 1;
    }

    /** The picture turned upright; values outside 2..8 leave it as it is. */
    static RgbImage upright(RgbImage image, int orientation) {
        if (orientation < 2 || orientation > 8) {
            return image;
        }
        int w = image.width();
        int h = image.height();
        boolean turned = orientation >= 5;
        int outW = turned ? h : w;
        int outH = turned ? w : h;
        byte[] from = image.rgb();
        byte[] to = new byte[from.length];
        for (int y = 0, o = 0; y < outH; y++) {
            for (int x = 0; x < outW; x++, o += 3) {
                // The stored column and row that show at (x, y).
                int sx = turned ? y : x;
                int sy = turned ? x : y;
                switch (orientation) {
                    case 2 -> sx = w - 1 - sx;
                    case 3, 7 -> {
                        sx = w - 1 - sx;
                        sy = h - 1 - sy;
                    }
                    case 4, 6 -> sy = h - 1 - sy;
                    case 8 -> sx = w - 1 - sx;
                    default -> {} // 5: transposed only
                }
                int i = (sy * w + sx) * 3;
                to[o] = from[i];
                to[o + 1] = from[i + 1];
                to[o + 2] = from[i + 2];
            }
        }
        return new RgbImage(outW, outH, to);
    }
}
