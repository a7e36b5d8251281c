package io.meristem.data.feed;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * One file of pixels, read by any number of threads; the system keeps in memory what is read again. It is not mapped: a mapped file that another program cuts
 * short, or that a failing disk cannot give, ends in an error of the virtual machine, at a place of its choice. Files are closed when this is no longer
 * reachable, and interrupting a thread does not close them.
 */
final class SegmentReader {

    private final Path file;
    private final Queue<RandomAccessFile> open = new ConcurrentLinkedQueue<>();

    SegmentReader(Path file) {
        this.file = file;
    }

    /** Fills {@code pixels} from there on; throws {@link IOException} when the file has become shorter, has gone, or cannot be read. */
    void read(long offset, byte[] pixels) throws IOException {
        RandomAccessFile mine = open.poll();
        if (mine == null) {
            mine = new RandomAccessFile(file.toFile(), "r");
        }
        try {
            mine.seek(offset);
            mine.readFully(pixels);
        } finally {
            open.add(mine);
        }
    }
}
