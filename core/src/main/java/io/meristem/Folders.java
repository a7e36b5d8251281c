package io.meristem;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;

/** Folders that are either there whole or not there. */
public final class Folders {

    private static final String PREFIX = ".";
    private static final String SUFFIX = ".part";

    private Folders() {}

    /**
     * Makes {@code target} through a temporary sibling that {@code body} fills; when that fails, the sibling is removed.
     *
     * @param target not there yet, or an empty folder; nobody else makes it meanwhile
     */
    public static void write(Path target, AtomicFiles.Body body) throws IOException {
        Path temporary = target.resolveSibling(PREFIX + target.getFileName() + SUFFIX);
        delete(temporary); // of a process that was killed
        try {
            Files.createDirectories(temporary);
            body.write(temporary);
            Files.deleteIfExists(target);
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            delete(temporary);
        }
        force(target.toAbsolutePath().getParent());
    }

    /** Whether this is what a process left that was killed while it wrote. */
    public static boolean isTemporary(Path path) {
        String name = path.getFileName().toString();
        return name.startsWith(PREFIX) && name.endsWith(SUFFIX);
    }

    /** Has the folder's list of names reach the disk, where the system can. */
    private static void force(Path folder) {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            // Some systems do not open folders; the names then reach the disk in their own time.
        }
    }

    /** Removes a folder so that it is never seen half there: it gets a temporary name first. What a kill leaves of that is {@link #isTemporary}. */
    public static void vanish(Path folder) throws IOException {
        if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Path temporary = folder.resolveSibling(PREFIX + folder.getFileName() + ".gone" + SUFFIX);
        delete(temporary);
        Files.move(folder, temporary, StandardCopyOption.ATOMIC_MOVE);
        delete(temporary);
    }

    /** Removes a folder or a file with all that is in it; nothing happens when it is not there. */
    public static void delete(Path path) throws IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        // A link is deleted itself; what it leads to stays.
        Files.walkFileTree(path, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path folder, IOException e) throws IOException {
                Files.delete(folder);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
