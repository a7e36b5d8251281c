package io.meristem.data.feed;

import io.meristem.data.folder.OwnOutput;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import java.util.regex.Pattern;

/** Appends pixels to new files of bounded size; what was written once is never changed. Not safe for use by several threads at once. */
final class SegmentWriter implements Closeable {

    static final String PREFIX = OwnOutput.CACHED_PIXELS;

    private static final Pattern NAME = Pattern.compile(PREFIX + "[0-9a-f-]{1,40}\\.bin");

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
    record Slot(String segment, long offset) {}

    /** Whether a file of this name can be one of these, and nothing beside or above their folder. */
    static boolean isName(String name) {
        return NAME.matcher(name).matches();
    }

    Slot append(byte[] pixels) throws IOException {
        if (channel == null || (end > 0 && end + pixels.length > MAX_BYTES)) {
            close();
            name = PREFIX + UUID.randomUUID() + ".bin";
            channel = FileChannel.open(folder.resolve(name), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            end = 0;
        }
        Slot place = new Slot(name, end);
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
