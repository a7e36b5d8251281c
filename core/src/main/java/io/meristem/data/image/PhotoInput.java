package io.meristem.data.image;

import io.meristem.Limit;
import javax.imageio.stream.ImageInputStreamImpl;

/** A photo's bytes for a decoder; one that keeps asking at their end is stopped, as some would for each pixel that a header promises. */
final class PhotoInput extends ImageInputStreamImpl {

    /** Not an exception that decoders take for a usual end. */
    static final class TruncatedException extends RuntimeException {
        private static final long serialVersionUID = 1;

        TruncatedException() {
            super("the data end too early");
        }
    }

    private final byte[] bytes;
    private int readsAtEnd;

    PhotoInput(byte[] bytes) {
        this.bytes = bytes;
    }

    @Override
    public int read() {
        bitOffset = 0;
        if (streamPos >= bytes.length) {
            return end();
        }
        return bytes[(int) streamPos++] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int from, int most) {
        bitOffset = 0;
        if (most == 0) {
            return 0;
        }
        if (streamPos >= bytes.length) {
            return end();
        }
        int n = (int) Math.min(most, bytes.length - streamPos);
        System.arraycopy(bytes, (int) streamPos, buffer, from, n);
        streamPos += n;
        return n;
    }

    private int end() {
        if (++readsAtEnd > Limit.PHOTO_READS_AT_END.value()) {
            throw new TruncatedException();
        }
        return -1;
    }

    @Override
    public long length() {
        return bytes.length;
    }
}
