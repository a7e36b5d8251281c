package io.meristem.weights;

import io.meristem.Limit;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/** The directory at the end of a zip archive, looked at before Java's reader takes all of it into memory. */
final class ZipDirectory {

    private static final int END = 0x06054b50; // PK 5 6
    private static final int END_BYTES = 22;
    private static final int SIZE_AT = 12;

    private static final int LOCATOR = 0x07064b50; // PK 6 7
    private static final int LOCATOR_BYTES = 20;
    private static final int END_64_AT = 8;

    private static final int END_64 = 0x06064b50; // PK 6 6
    private static final int END_64_BYTES = 56;
    private static final int SIZE_64_AT = 40;

    private static final int MAX_COMMENT = 0xffff;

    private ZipDirectory() {}

    /** @throws IOException when the directory claims more than {@link Limit#ZIP_MEGABYTES}, in a few words */
    static void requireSmall(Path path) throws IOException {
        try (FileChannel file = FileChannel.open(path)) {
            long size = file.size();
            ByteBuffer tail = read(file, Math.max(0, size - END_BYTES - MAX_COMMENT - LOCATOR_BYTES), size);
            // Every place that could be taken for the end: readers differ in which one they choose.
            for (int at = 0; at + END_BYTES <= tail.limit(); at++) {
                if (tail.getInt(at) == END) {
                    require(Integer.toUnsignedLong(tail.getInt(at + SIZE_AT)), true);
                    if (at >= LOCATOR_BYTES && tail.getInt(at - LOCATOR_BYTES) == LOCATOR) {
                        long end = tail.getLong(at - LOCATOR_BYTES + END_64_AT);
                        if (end >= 0 && end <= size - END_64_BYTES) {
                            // What has another signature is passed over by readers too: the locator is that of an
                            // archive within this one, and counts from its start.
                            ByteBuffer wide = read(file, end, end + END_64_BYTES);
                            if (wide.getInt(0) == END_64) {
                                require(wide.getLong(SIZE_64_AT), false);
                            }
                        }
                    }
                }
            }
        }
    }

    /** @param narrow whether all ones mean that the size stands elsewhere */
    private static void require(long bytes, boolean narrow) throws IOException {
        if (!(narrow && bytes == 0xffff_ffffL) && (bytes < 0 || bytes > Limit.ZIP_MEGABYTES.value() << 20)) {
            throw new IOException("the list of its entries is larger than " + Limit.ZIP_MEGABYTES.words(" MiB"));
        }
    }

    private static ByteBuffer read(FileChannel file, long from, long to) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate((int) (to - from)).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining() && file.read(bytes, from + bytes.position()) >= 0) {}
        return bytes.flip();
    }
}
