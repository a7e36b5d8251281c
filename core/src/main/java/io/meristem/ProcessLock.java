package io.meristem;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** One process at a time on a folder. The operating system lets go of a dead process's lock, so the file itself means nothing and may stay. */
public final class ProcessLock implements AutoCloseable {

    /** The file that is locked. */
    public static final String NAME = "lock";

    private final FileChannel channel;

    private ProcessLock(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * @param refusal what to say when somebody else is there
     * @throws InputException when another process, or another thread of this one, holds it, or something else is in the place of the file
     */
    public static ProcessLock take(Path folder, Message refusal) throws IOException {
        Path file = folder.resolve(NAME);
        if (OwnFiles.exists(file) && !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new InputException(ErrorCode.WRONG_KIND, "%s is no ordinary file: take it away.", file);
        }
        FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
        try {
            FileLock lock = channel.tryLock();
            if (lock != null) {
                return new ProcessLock(channel);
            }
        } catch (OverlappingFileLockException e) {
            // Said below, as for another process.
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
        channel.close();
        throw new InputException(ErrorCode.IN_USE, refusal);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
