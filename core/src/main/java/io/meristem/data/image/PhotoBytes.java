package io.meristem.data.image;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A photo file's bytes, reduced to what its pixels need, and its Exif block. Colour profiles, texts and further frames are left out before
 * decoders see them: nothing here uses them, and a small file can hide gigabytes in them, or endless work.
 *
 * @param format told by the first bytes
 * @param pixels what is to be decoded
 * @param exif the TIFF structure of the first Exif block, or null
 * @param jpeg how a JPEG stores its colours; null for other formats
 * @param webp where a WebP's picture lies; null for other formats
 */
@SuppressWarnings("ArrayRecordComponent")
record PhotoBytes(PhotoFormat format, byte[] pixels, byte[] exif, JpegHead jpeg, WebpStill webp) {

    private PhotoBytes(PhotoFormat format, byte[] pixels, byte[] exif) {
        this(format, pixels, exif, null, null);
    }

    /**
     * How much memory decoding takes, the result included; {@code HostilePhotosTest} measures it.
     *
     * @param orientation of Exif: a picture that is turned is held twice
     */
    long memory(long pixels, int orientation) {
        long turned = orientation >= 2 && orientation <= 8 ? 3 : 0;
        return 3L * this.pixels.length + pixels * (bytesPerPixel() + turned);
    }

    private int bytesPerPixel() {
        return switch (format) {
            case JPEG -> jpegBytesPerPixel();
            case PNG -> 3 + pngBytesPerPixel();
            case GIF -> 4;
            case BMP -> 9;
            case WEBP -> 11;
        };
    }

    /** Bits a sample and the colour type of its header. */
    private int pngBytesPerPixel() {
        if (pixels.length < 26) {
            return 8;
        }
        int samples =
                switch (pixels[25]) {
                    case 0, 3 -> 1;
                    case 2 -> 7; // here and below the decoder holds them twice
                    case 4 -> 4;
                    default -> 8;
                };
        return Math.max(1, samples * (pixels[24] & 0xff) / 8);
    }

    /** The decoder keeps all coefficients of a progressive JPEG, two bytes each, outside the Java heap, but in the same machine. */
    private int jpegBytesPerPixel() {
        int bands = jpeg.components().length;
        return (bands == 3 ? 3 : 3 + bands) + (jpeg.progressive() ? 2 * bands : 0);
    }

    /** @return null when it is no picture of a known format; {@code bytes} may be written to */
    static PhotoBytes of(byte[] bytes) throws IOException {
        PhotoFormat format = PhotoFormat.of(bytes);
        if (format == null) {
            return null;
        }
        return switch (format) {
            case JPEG -> {
                JpegHead head = JpegHead.read(bytes);
                yield new PhotoBytes(format, bytes, head.exif(), head, null);
            }
            case PNG -> png(bytes);
            case GIF -> new PhotoBytes(format, gif(bytes), null);
            case BMP -> {
                requirePlainBmp(bytes);
                yield new PhotoBytes(format, bytes, null);
            }
            case WEBP -> {
                WebpStill still = WebpStill.of(bytes);
                yield new PhotoBytes(format, still.file(), still.exif(), null, still);
            }
        };
    }

    /** Keeps what says how the pixels are stored. Decoders take no notice of checksums, so none is changed. */
    private static PhotoBytes png(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        ByteArrayOutputStream out = new ByteArrayOutputStream(bytes.length);
        out.write(bytes, 0, 8);
        byte[] exif = null;
        long at = 8;
        while (at + 8 <= bytes.length) {
            int chunk = (int) at;
            long length = Integer.toUnsignedLong(in.getInt(chunk));
            long end = at + 12 + length;
            int present = (int) Math.min(end, bytes.length) - chunk;
            if (PhotoFormat.starts(bytes, chunk + 4, "eXIf")) {
                exif = exif == null ? Arrays.copyOfRange(bytes, chunk + 8, chunk + Math.max(8, present - 4)) : exif;
            } else if (PhotoFormat.starts(bytes, chunk + 4, "tRNS") || Character.isUpperCase(bytes[chunk + 4] & 0xff)) {
                out.write(bytes, chunk, present);
            }
            at = end;
        }
        return new PhotoBytes(PhotoFormat.PNG, out.toByteArray(), exif);
    }

    /** The header and the first frame: comments, which are put together in quadratic time, and other frames are left out. */
    private static byte[] gif(byte[] bytes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(bytes.length);
        int at = 13;
        if (bytes.length < at) {
            return bytes;
        }
        at += table(bytes[10]);
        out.write(bytes, 0, Math.min(at, bytes.length));
        while (at + 1 < bytes.length) {
            int kind = bytes[at] & 0xff;
            int label = bytes[at + 1] & 0xff;
            if (kind == 0x2c && at + 10 <= bytes.length) {
                int end = afterBlocks(bytes, at + 10 + table(bytes[at + 9]) + 1);
                out.write(bytes, at, Math.min(end, bytes.length) - at);
                if (end <= bytes.length) {
                    out.write(0x3b);
                }
                break;
            }
            if (kind != 0x21) {
                out.write(bytes, at, bytes.length - at); // damaged, or cut short
                break;
            }
            int end = afterBlocks(bytes, at + 2);
            if (label == 0xf9) {
                out.write(bytes, at, Math.min(end, bytes.length) - at);
            }
            at = end;
        }
        return out.toByteArray();
    }

    private static int table(byte flags) {
        return (flags & 0x80) == 0 ? 0 : 3 << ((flags & 7) + 1);
    }

    /** Where the blocks that begin there have ended, beyond the file when it is cut short. */
    private static int afterBlocks(byte[] bytes, int from) {
        int at = from;
        while (at < bytes.length) {
            int length = bytes[at] & 0xff;
            at += 1 + length;
            if (length == 0) {
                return at;
            }
        }
        return bytes.length + 1;
    }

    /** A bitmap may hold a whole JPEG or PNG, of another size than it says. */
    private static void requirePlainBmp(byte[] bytes) throws IOException {
        if (bytes.length >= 34) {
            int compression =
                    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt(30);
            boolean long40 = (bytes[14] & 0xff) >= 40;
            if (long40 && (compression == 4 || compression == 5)) {
                throw new IOException("a bitmap around another picture");
            }
        }
    }
}
