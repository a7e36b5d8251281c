package io.meristem;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Folders for what is executed: nobody but their owner and the system's may put anything there. */
public final class PrivateFolder {

    private static final int STICKY = 01000;

    private static final Path PROCESS = Path.of("/proc/self");

    private PrivateFolder() {}

    /** Makes the folder, for its owner only, where it is not there; those around it as open as the system makes them. */
    public static void create(Path folder) throws IOException {
        if (Files.isDirectory(folder)) {
            return;
        }
        Files.createDirectories(folder.toAbsolutePath().getParent());
        try {
            if (isPosix(folder)) {
                Files.createDirectory(
                        folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            } else {
                Files.createDirectory(folder);
            }
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(folder)) {
                throw e;
            }
            // Another process has made it just now.
        }
    }

    /**
     * Why others may put something into a folder that is there: it, or one around it, belongs to them, or its permissions let them; empty where they may not.
     * The system's own user may do everything and is not asked. On systems without POSIX permissions the answer is empty.
     */
    public static Optional<String> fault(Path folder) throws IOException {
        if (!isPosix(folder)) {
            return Optional.empty();
        }
        Path real = folder.toRealPath();
        int user = user();
        for (Path at = real; at != null; at = at.getParent()) {
            Map<String, Object> facts = Files.readAttributes(at, "unix:uid,gid,mode", LinkOption.NOFOLLOW_LINKS);
            int owner = (int) facts.get("uid");
            if (owner != user && owner != 0) {
                return Optional.of(at + " belongs to another user");
            }
            int mode = (int) facts.get("mode");
            boolean held = (mode & STICKY) != 0 && !at.equals(real);
            Set<PosixFilePermission> open = Files.getPosixFilePermissions(at);
            if (!held && open.contains(PosixFilePermission.OTHERS_WRITE)) {
                return Optional.of("everybody may write to " + at);
            }
            if (!held
                    && open.contains(PosixFilePermission.GROUP_WRITE)
                    && (at.equals(real) || !isOwn((int) facts.get("gid"), owner))) {
                return Optional.of("a group of users may write to " + at);
            }
        }
        return Optional.empty();
    }

    /** The system's group, and the group of one that many systems give each user, by the same number. */
    private static boolean isOwn(int group, int owner) {
        return group == 0 || group == owner;
    }

    private static boolean isPosix(Path path) {
        return path.getFileSystem().supportedFileAttributeViews().contains("unix");
    }

    /** The number of this process's user: the owner of what it makes. */
    private static int user() throws IOException {
        Path own;
        try {
            own = Files.createTempFile("meristem", "");
        } catch (IOException e) {
            // A container may have nothing that can be written but the home. Linux says who a process belongs to.
            if (Files.exists(PROCESS)) {
                return (int) Files.getAttribute(PROCESS, "unix:uid");
            }
            throw e;
        }
        try {
            return (int) Files.getAttribute(own, "unix:uid");
        } finally {
            Files.deleteIfExists(own);
        }
    }
}
