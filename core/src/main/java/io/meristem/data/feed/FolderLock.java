package io.meristem.data.feed;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.ReentrantLock;

/** One holder at a time, among processes by a file lock, and among this process's threads, which file locks do not keep apart. */
final class FolderLock implements AutoCloseable {

    private static final ConcurrentMap<Path, ReentrantLock> WITHIN = new ConcurrentHashMap<>();

    private final ReentrantLock within;
    private final FileChannel channel;
    private final FileLock lock;

    private FolderLock(ReentrantLock within, FileChannel channel, FileLock lock) {
        this.within = within;
        this.channel = channel;
        this.lock = lock;
    }

    /** Waits until nobody else holds it. The operating system lets go of a dead process's lock. */
    static FolderLock acquire(Path folder) throws IOException {
        ReentrantLock within = WITHIN.computeIfAbsent(folder.toRealPath(), k -> new ReentrantLock());
        within.lock();
        FileChannel channel = null;
        try {
            channel = FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            return new FolderLock(within, channel, channel.lock());
        } catch (IOException | RuntimeException e) {
            if (channel != null) {
                channel.close();
            }
            within.unlock();
            throw e;
        }
    }

    @Override
    public void close() throws IOException {
        try (channel) {
            lock.release();
        } finally {
            within.unlock();
        }
    }
}
