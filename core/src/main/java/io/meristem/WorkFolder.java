package io.meristem;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * A folder beside a target, for what is to be moved there when it is whole. Its name is its own, so nobody else's folder is touched. A lock is held on a file in
 * it as long as its process lives. What a killed process left is known by its name, that file and the lock that nobody holds; it is removed by the next one for
 * the same target.
 */
public final class WorkFolder implements AutoCloseable {

    private static final String PREFIX = ".";
    private static final String SUFFIX = ".part";
    private static final String UNIQUE = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}";
    private static final String MARK = "meristem.lock";
    private static final byte[] CONTENT = "Meristem works here.\n".getBytes(StandardCharsets.UTF_8);
    private static final int MOST_TRIES = 10;

    /** Of this process. A system may let go of a file's lock when any channel of the process to it is closed, so they are not opened again. */
    private static final Set<Path> LIVE = ConcurrentHashMap.newKeySet();

    private final Path path;
    private final FileChannel lock;

    private WorkFolder(Path path, FileChannel lock) {
        this.path = path;
        this.lock = lock;
    }

    /** Makes the folder; those around it too. Leftovers for the same target are removed first. */
    public static WorkFolder beside(Path target) throws IOException {
        clean(target, left -> {});
        Path parent = target.toAbsolutePath().getParent();
        Files.createDirectories(parent);
        parent = parent.toRealPath();
        for (int i = 0; i < MOST_TRIES; i++) {
            // Java knows a folder by how its path is written, so links are resolved.
            Path path = AtomicFiles.sibling(parent, String.valueOf(target.getFileName()));
            LIVE.add(path);
            FileChannel lock = null;
            try {
                Files.createDirectory(path);
                lock = lock(path);
            } finally {
                if (lock == null) {
                    LIVE.remove(path);
                }
            }
            if (lock != null) {
                return new WorkFolder(path, lock);
            }
        }
        throw new IOException("other processes remove what is made beside " + target);
    }

    /** Null where another process has taken the folder for a leftover before it was locked. */
    private static FileChannel lock(Path path) throws IOException {
        FileChannel channel = null;
        boolean taken = false;
        try {
            channel = FileChannel.open(path.resolve(MARK), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            taken = channel.tryLock() != null && Files.exists(path.resolve(MARK));
            if (taken) {
                channel.write(ByteBuffer.wrap(CONTENT));
            }
            return taken ? channel : null;
        } catch (NoSuchFileException e) {
            return null;
        } finally {
            if (!taken && channel != null) {
                channel.close();
            }
        }
    }

    /**
     * Removes what killed processes have left for a target.
     *
     * @param before gets each folder before it is removed
     */
    public static void clean(Path target, Consumer<Path> before) throws IOException {
        Path whole = target.toAbsolutePath();
        Path parent = whole.getParent();
        if (whole.getFileName() == null || !Files.isDirectory(parent)) {
            return;
        }
        String start = AtomicFiles.start(whole.getFileName().toString());
        Pattern own = Pattern.compile(Pattern.quote(start) + UNIQUE + Pattern.quote(SUFFIX));
        try (DirectoryStream<Path> beside = Files.newDirectoryStream(
                parent.toRealPath(),
                path -> own.matcher(path.getFileName().toString()).matches())) {
            for (Path path : beside) {
                if (!LIVE.contains(path)) {
                    removeIfLeft(path, before);
                }
            }
        }
    }

    private static void removeIfLeft(Path path, Consumer<Path> before) throws IOException {
        Path mark = path.resolve(MARK);
        if (!Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)
                || !Files.isRegularFile(mark, LinkOption.NOFOLLOW_LINKS)
                || !Files.isWritable(mark)
                || Files.size(mark) > CONTENT.length) {
            return;
        }
        try (FileChannel channel =
                FileChannel.open(mark, StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
            if (channel.tryLock() == null || !isOurs(channel)) {
                return;
            }
            before.accept(path);
            Folders.delete(path);
        } catch (NoSuchFileException | OverlappingFileLockException e) {
            return; // another process or thread is removing it
        }
    }

    /** All of the mark, or none of it yet. */
    private static boolean isOurs(FileChannel channel) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(CONTENT.length);
        int read = channel.read(bytes, 0);
        return read <= 0 || bytes.flip().equals(ByteBuffer.wrap(CONTENT));
    }

    /** Whether a name is that of such a folder, or of a file or folder that was to be moved. */
    static boolean isTemporary(Path path) {
        String name = path.getFileName().toString();
        return name.startsWith(PREFIX) && name.endsWith(SUFFIX);
    }

    /** Something within the folder. */
    public Path resolve(String name) {
        return path.resolve(name);
    }

    /** Removes the folder with all that is still in it. */
    @Override
    public void close() throws IOException {
        try {
            Folders.delete(path);
        } finally {
            lock.close();
            LIVE.remove(path);
        }
    }
}
