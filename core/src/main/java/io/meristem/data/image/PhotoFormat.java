package io.meristem.data.image;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Formats of pictures that are decoded, told by the first bytes of a file; others that this Java could decode are not photos. */
public enum PhotoFormat {
    JPEG("jpeg"),
    PNG("png"),
    GIF("gif"),
    BMP("bmp"),
    WEBP("webp");

    /** Bytes that tell the format. */
    public static final int START = 16;

    private final String label;

    PhotoFormat(String label) {
        this.label = label;
    }

    /** What ImageIO calls it, which is an ending of file names too. */
    public String label() {
        return label;
    }

    /**
     * @param start of a file, {@link #START} bytes or what there is
     * @return null when it is no picture of a known format
     */
    public static PhotoFormat of(byte[] start) {
        if (starts(start, 0, "\u00ff\u00d8\u00ff")) {
            return JPEG;
        }
        if (starts(start, 0, "\u0089PNG\r\n\u001a\n")) {
            return PNG;
        }
        if (starts(start, 0, "GIF8")) {
            return GIF;
        }
        if (starts(start, 0, "BM")) {
            return BMP;
        }
        return starts(start, 0, "RIFF") && starts(start, 8, "WEBP") ? WEBP : null;
    }

    /**
     * What kind of picture it is that is not read here.
     *
     * @param start of a file, {@link #START} bytes or what there is
     * @return null when it is no picture that is known by name
     */
    public static String other(byte[] start) {
        if (starts(start, 0, "II*\0")
                || starts(start, 0, "MM\0*")
                || starts(start, 0, "II+\0")
                || starts(start, 0, "MM\0+")) {
            return "TIFF or camera raw";
        }
        if (starts(start, 4, "ftyp")) {
            if (starts(start, 8, "avi")) {
                return "AVIF";
            }
            if (starts(start, 8, "crx")) {
                return "camera raw";
            }
            return starts(start, 8, "he") || starts(start, 8, "mif1") || starts(start, 8, "msf1") ? "HEIC" : null;
        }
        if (starts(start, 0, "\0\0\0\fjP  ") || starts(start, 0, "\u00ff\u004f\u00ff\u0051")) {
            return "JPEG 2000";
        }
        if (starts(start, 0, "\0\0\0\fJXL ") || starts(start, 0, "\u00ff\n")) {
            return "JPEG XL";
        }
        if (starts(start, 0, "II\u00bc")) {
            return "JPEG XR";
        }
        if (starts(start, 0, "FUJIFILM")
                || starts(start, 0, "IIRO")
                || starts(start, 0, "IIU\0")
                || starts(start, 0, "FOVb")) {
            return "camera raw";
        }
        if (starts(start, 0, "8BPS")) {
            return "Photoshop";
        }
        return null;
    }

    /** What a person can do about a picture of a format that is known, but not read. */
    public static String unsupported(String format) {
        return "picture format " + format + " is not supported: convert it to JPEG or PNG";
    }

    /** Whether the bytes of a text in ISO 8859-1 lie there. */
    static boolean starts(byte[] bytes, int at, String text) {
        byte[] wanted = text.getBytes(StandardCharsets.ISO_8859_1);
        return at + wanted.length <= bytes.length
                && Arrays.equals(bytes, at, at + wanted.length, wanted, 0, wanted.length);
    }
}
