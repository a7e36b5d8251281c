package io.meristem.data;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/** Appends pixels to new files of bounded size; what was written once is never changed. Not safe for use by several threads at once. */
final class SegmentWriter implements Closeable {

    static final String PREFIX = "pixels-";

    /** Well below the 2 GiB that one mapping may span. */
    private static final long MAX_BYTES = 1L << 30;

    private final Path folder;
    private FileChannel channel;
    private String name;
    private long end;

    SegmentWriter(Path folder) {
        this.folder = folder;
    }

    /** Where the pixels went. */
    record Place(String segment, int offset) {}

    Place append(byte[] pixels) throws IOException {
        if (channel == null || (end > 0 && end + pixels.length > MAX_BYTES)) {
            close();
            name = PREFIX + UUID.randomUUID() + ".bin";
            channel = FileChannel.open(folder.resolve(name), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            end = 0;
        }
        Place place = new Place(name, (int) end);
        ByteBuffer buffer = ByteBuffer.wrap(pixels);
        while (buffer.hasRemaining()) {
            end += channel.write(buffer);
        }
        return place;
    }

    /** Brings what was appended to the disk: only then may an index speak of it. */
    void force() throws IOException {
        if (channel != null) {
            channel.force(false);
        }
    }

    @Override
    public void close() throws IOException {
        if (channel != null) {
            channel.force(false);
            channel.close();
            channel = null;
        }
    }
}
