package io.meristem.study;

import io.meristem.InputException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** One process at a time on a folder. The operating system lets go of a dead process's lock, so the file itself means nothing and stays. */
final class StudyLock implements AutoCloseable {

    private final FileChannel channel;

    private StudyLock(FileChannel channel) {
        this.channel = channel;
    }

    /** @throws InputException when another process, or another thread of this one, holds it */
    static StudyLock take(Path folder) throws IOException {
        FileChannel channel =
                FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            FileLock lock = channel.tryLock();
            if (lock != null) {
                return new StudyLock(channel);
            }
        } catch (OverlappingFileLockException e) {
            // Said below, as for another process.
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
        channel.close();
        throw new InputException("The study in " + folder
                + " is being run by another process: wait until it ends, or choose another --out.");
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
