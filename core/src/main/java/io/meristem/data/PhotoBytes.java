package io.meristem.data;

import io.meristem.Limit;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A photo file's bytes, reduced to what its pixels need, and its Exif block. Colour profiles, texts and further frames are left out before
 * decoders see them: nothing here uses them, and a small file can hide gigabytes in them, or endless work.
 *
 * @param format told by the first bytes
 * @param pixels what is to be decoded
 * @param exif the TIFF structure of the first Exif block, or null
 */
@SuppressWarnings("ArrayRecordComponent")
record PhotoBytes(Format format, byte[] pixels, byte[] exif) {

    /** Those that are decoded; others that this Java could decode are not photos. */
    enum Format {
        JPEG("jpeg"),
        PNG("png"),
        GIF("gif"),
        BMP("bmp"),
        WEBP("webp");

        /** What ImageIO calls it. */
        final String name;

        Format(String name) {
            this.name = name;
        }
    }

    /** Bytes that tell the format. */
    static final int START = 12;

    private static final String EXIF = "Exif\0\0";

    /** @return null when it is no picture of a known format; {@code bytes} may be written to */
    static PhotoBytes of(byte[] bytes) throws IOException {
        Format format = format(bytes);
        if (format == null) {
            return null;
        }
        return switch (format) {
            case JPEG -> new PhotoBytes(format, bytes, jpeg(bytes));
            case PNG -> png(bytes);
            case GIF -> new PhotoBytes(format, gif(bytes), null);
            case BMP -> {
                requirePlainBmp(bytes);
                yield new PhotoBytes(format, bytes, null);
            }
            case WEBP -> webp(bytes);
        };
    }

    /**
     * @param start of a file, {@link #START} bytes or what there is
     * @return null when it is no picture of a known format
     */
    static Format format(byte[] start) {
        if (starts(start, 0, "\u00ff\u00d8\u00ff")) {
            return Format.JPEG;
        }
        if (starts(start, 0, "\u0089PNG\r\n\u001a\n")) {
            return Format.PNG;
        }
        if (starts(start, 0, "GIF8")) {
            return Format.GIF;
        }
        if (starts(start, 0, "BM")) {
            return Format.BMP;
        }
        return starts(start, 0, "RIFF") && starts(start, 8, "WEBP") ? Format.WEBP : null;
    }

    /** Walks the segments up to the pixels, hides colour profiles in place, and returns the Exif block. */
    private static byte[] jpeg(byte[] bytes) throws IOException {
        byte[] exif = null;
        int at = 2;
        while (at + 4 <= bytes.length && (bytes[at] & 0xff) == 0xff) {
            int marker = bytes[at + 1] & 0xff;
            if (marker == 0xff) {
                at++; // a fill byte
                continue;
            }
            if (marker == 0xda) {
                break;
            }
            int length = (bytes[at + 2] & 0xff) << 8 | bytes[at + 3] & 0xff;
            if (marker == 0xe1 && exif == null && starts(bytes, at + 4, EXIF)) {
                int from = at + 4 + EXIF.length();
                exif = Arrays.copyOfRange(bytes, from, Math.max(from, Math.min(bytes.length, at + 2 + length)));
            } else if (marker == 0xe2 && starts(bytes, at + 4, "ICC_PROFILE\0")) {
                bytes[at + 4] = 'x';
            }
            at += 2 + Math.max(2, length);
        }
        int scans = 0;
        long most = Limit.PHOTO_SCANS.value();
        for (int i = at; i + 1 < bytes.length; i++) {
            if ((bytes[i] & 0xff) == 0xff && (bytes[i + 1] & 0xff) == 0xda && ++scans > most) {
                throw new IOException("more scans than " + Limit.PHOTO_SCANS.words());
            }
        }
        return exif;
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
            if (starts(bytes, chunk + 4, "eXIf")) {
                exif = exif == null ? Arrays.copyOfRange(bytes, chunk + 8, chunk + Math.max(8, present - 4)) : exif;
            } else if (starts(bytes, chunk + 4, "tRNS") || Character.isUpperCase(bytes[chunk + 4] & 0xff)) {
                out.write(bytes, chunk, present);
            }
            at = end;
        }
        return new PhotoBytes(Format.PNG, out.toByteArray(), exif);
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

    /** Hides the colour profile in place, which the decoder would otherwise apply: stored values are wanted, as from the other formats. */
    private static PhotoBytes webp(byte[] bytes) throws IOException {
        WebpProfile.hide(bytes);
        byte[] exif = null;
        ByteBuffer riff = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        long at = 12;
        while (at + 8 <= bytes.length) {
            int chunk = (int) at;
            long size = Integer.toUnsignedLong(riff.getInt(chunk + 4));
            int from = chunk + 8;
            if (starts(bytes, chunk, "VP8L") && from + 5 <= bytes.length) {
                int sides = riff.getInt(from + 1);
                ImageDecoder.checkSize((sides & 0x3fff) + 1, (sides >> 14 & 0x3fff) + 1, bytes.length);
            } else if (starts(bytes, chunk, "VP8 ") && from + 10 <= bytes.length) {
                ImageDecoder.checkSize(
                        riff.getShort(from + 6) & 0x3fff, riff.getShort(from + 8) & 0x3fff, bytes.length);
            } else if (starts(bytes, chunk, "EXIF") && exif == null) {
                int to = (int) Math.max(from, Math.min(bytes.length, from + size));
                // Some writers put JPEG's preamble before it.
                exif = Arrays.copyOfRange(bytes, starts(bytes, from, EXIF) ? Math.min(to, from + 6) : from, to);
            }
            at += 8 + size + (size & 1);
        }
        return new PhotoBytes(Format.WEBP, bytes, exif);
    }

    private static boolean starts(byte[] bytes, int at, String text) {
        byte[] wanted = text.getBytes(StandardCharsets.ISO_8859_1);
        return at + wanted.length <= bytes.length
                && Arrays.equals(bytes, at, at + wanted.length, wanted, 0, wanted.length);
    }
}
