package io.meristem.data.image;

import io.meristem.Limit;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What a JPEG says before its first scan about how its colours are stored, and how many scans it has.
 *
 * @param jfif whether it has JFIF's marker
 * @param adobe the transform that Adobe's marker names (0 none, 1 YCbCr, 2 YCCK), or null without the marker
 * @param components their identifiers, in order; empty without a frame header
 * @param progressive whether the decoder must keep all coefficients until the last scan
 * @param pixels of the frame; 0 without a frame header
 * @param scans how many there are
 * @param exif the TIFF structure of the first Exif block, or null
 */
@SuppressWarnings("ArrayRecordComponent")
record JpegHead(
        boolean jfif, Integer adobe, int[] components, boolean progressive, long pixels, int scans, byte[] exif) {

    private static final byte[] EXIF = "Exif\0\0".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] ICC = "ICC_PROFILE\0".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] JFIF = "JFIF\0".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] ADOBE = "Adobe".getBytes(StandardCharsets.US_ASCII);

    // Lengths below which libjpeg takes no notice of these two markers.
    private static final int JFIF_LENGTH = 14;
    private static final int ADOBE_LENGTH = 12;

    /** Walks the segments up to the first scan, hides colour profiles in place, and counts the scans. */
    static JpegHead read(byte[] bytes) throws IOException {
        boolean jfif = false;
        Integer adobe = null;
        int[] components = {};
        boolean progressive = false;
        long pixels = 0;
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
            int length = short16(bytes, at + 2) - 2;
            int from = at + 4;
            int end = (int) Math.max(from, Math.min(bytes.length, (long) from + length));
            if (marker == 0xe0 && length >= JFIF_LENGTH && starts(bytes, from, JFIF)) {
                jfif = true;
            } else if (marker == 0xee
                    && length >= ADOBE_LENGTH
                    && end - from >= ADOBE_LENGTH
                    && starts(bytes, from, ADOBE)) {
                adobe = bytes[from + 11] & 0xff;
            } else if (marker == 0xe1 && exif == null && starts(bytes, from, EXIF)) {
                exif = Arrays.copyOfRange(bytes, Math.min(from + EXIF.length, end), end);
            } else if (marker == 0xe2 && starts(bytes, from, ICC)) {
                bytes[from] = 'x';
            } else if (isFrame(marker) && components.length == 0 && end - from >= 6) {
                progressive = marker == 0xc2;
                pixels = (long) short16(bytes, from + 1) * short16(bytes, from + 3);
                components = new int[Math.min(bytes[from + 5] & 0xff, (end - from - 6) / 3)];
                for (int i = 0; i < components.length; i++) {
                    components[i] = bytes[from + 6 + 3 * i] & 0xff;
                }
            }
            at += 4 + Math.max(0, length);
        }
        return new JpegHead(jfif, adobe, components, progressive, pixels, scans(bytes, at, pixels), exif);
    }

    private static boolean isFrame(int marker) {
        return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
    }

    private static int scans(byte[] bytes, int from, long pixels) throws IOException {
        int scans = 0;
        long most = Limit.PHOTO_SCANS.value();
        long mostPixels = Limit.PHOTO_SCAN_MEGAPIXELS.value() * 1_000_000;
        for (int i = from; i + 1 < bytes.length; i++) {
            if ((bytes[i] & 0xff) == 0xff && (bytes[i + 1] & 0xff) == 0xda) {
                if (++scans > most) {
                    throw new IOException("more scans than " + Limit.PHOTO_SCANS.words());
                }
                if (scans > 1 && scans * pixels > mostPixels) {
                    throw new IOException("more scans times megapixels than " + Limit.PHOTO_SCAN_MEGAPIXELS.words());
                }
            }
        }
        return scans;
    }

    /**
     * Whether three components are red, green and blue, and not YCbCr: JFIF's marker says no, else Adobe's says, else the components' names do. libjpeg's
     * order.
     */
    boolean storesRgb() {
        if (jfif) {
            return false;
        }
        return adobe == null ? Arrays.equals(components, new int[] {'R', 'G', 'B'}) : adobe == 0;
    }

    /** Whether four components are YCCK, and not CMYK: only Adobe's marker can say so, and it does with any transform but 0. */
    boolean storesYcck() {
        return adobe != null && adobe != 0;
    }

    private static int short16(byte[] bytes, int at) {
        return (bytes[at] & 0xff) << 8 | bytes[at + 1] & 0xff;
    }

    private static boolean starts(byte[] bytes, int at, byte[] wanted) {
        return at + wanted.length <= bytes.length
                && Arrays.equals(bytes, at, at + wanted.length, wanted, 0, wanted.length);
    }
}
