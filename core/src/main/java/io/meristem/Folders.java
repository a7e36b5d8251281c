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

    private static final String WHOLE = "whole";

    private Folders() {}

    /**
     * Makes {@code target} through a {@link WorkFolder} whose sub-folder {@code body} fills; when that fails, nothing is left.
     *
     * @param target not there yet, or an empty folder
     * @throws java.nio.file.FileSystemException when something has been put there meanwhile, which stays
     */
    public static void write(Path target, AtomicFiles.Body body) throws IOException {
        try (WorkFolder work = WorkFolder.beside(target)) {
            Path whole = Files.createDirectory(work.resolve(WHOLE));
            body.write(whole);
            Files.deleteIfExists(target);
            Files.move(whole, target, StandardCopyOption.ATOMIC_MOVE);
        }
        force(target.toAbsolutePath().getParent());
    }

    /** Whether this is what a process left that was killed while it wrote. */
    public static boolean isTemporary(Path path) {
        return WorkFolder.isTemporary(path);
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
        Path temporary = AtomicFiles.sibling(folder.toAbsolutePath().getParent(), folder.getFileName() + ".gone");
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
