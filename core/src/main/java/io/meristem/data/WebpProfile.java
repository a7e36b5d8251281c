package io.meristem.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Hides a WebP file's colour profile, which the decoder would otherwise apply: stored values are wanted, as from the other formats. */
final class WebpProfile {

    private static final int HEADER = 12; // RIFF, size, WEBP
    private static final int PROFILE_FLAG = 0x20; // in the first byte of VP8X

    private WebpProfile() {}

    /** Renames the ICCP chunk in place, to a name that decoders skip; any other data stays as it is. */
    static void hide(byte[] bytes) {
        if (bytes.length < HEADER || !name(bytes, 0, "RIFF") || !name(bytes, 8, "WEBP")) {
            return;
        }
        ByteBuffer riff = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        long at = HEADER;
        while (at + 8 < bytes.length) {
            int chunk = (int) at;
            if (name(bytes, chunk, "VP8X")) {
                bytes[chunk + 8] &= ~PROFILE_FLAG;
            } else if (name(bytes, chunk, "ICCP")) {
                riff.putInt(chunk, 0x4b4e554a); // "JUNK"
            }
            long size = Integer.toUnsignedLong(riff.getInt(chunk + 4));
            at += 8 + size + (size & 1);
        }
    }

    private static boolean name(byte[] bytes, int at, String name) {
        for (int i = 0; i < 4; i++) {
            if (bytes[at + i] != name.charAt(i)) {
                return false;
            }
        }
        return true;
    }
}
