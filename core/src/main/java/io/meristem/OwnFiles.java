package io.meristem;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * Files of run folders and studies, which may come from a stranger: what in them is a link, a pipe or a device must not make the program read, write, delete or
 * wait elsewhere. A link may stand for a file within the same folder; it is read, and never written through.
 */
public final class OwnFiles {

    private OwnFiles() {}

    /**
     * Refuses a file of a folder that is there and is neither an ordinary file nor a link to one within the folder.
     *
     * @throws InputException with the mend
     */
    public static void requireFile(Path folder, Path file) {
        BasicFileAttributes is = attributes(file);
        if (is == null || is.isRegularFile()) {
            return;
        }
        if (!is.isSymbolicLink()) {
            throw new InputException(
                    ErrorCode.WRONG_KIND,
                    "%s%s: take it away, or restore the file.",
                    file,
                    is.isDirectory() ? " is a folder" : " is no ordinary file, but a pipe or a device");
        }
        Path real;
        try {
            real = file.toRealPath();
            if (real.startsWith(folder.toRealPath()) && Files.isRegularFile(real)) {
                return;
            }
        } catch (IOException e) {
            throw new InputException(
                    ErrorCode.NOT_FOUND,
                    e,
                    "%s is a link that leads nowhere: take it away, or restore the file.",
                    file);
        }
        throw new InputException(
                ErrorCode.WRONG_KIND,
                "%s is a link that leads out of %s: put the file itself there, or take the link away.",
                file,
                folder);
    }

    /**
     * Refuses a link in a folder's place. Whatever else is there, but a folder, cannot be listed, and nothing is found in it.
     *
     * @throws InputException with the mend
     */
    public static void requireFolder(Path folder) {
        BasicFileAttributes is = attributes(folder);
        if (is != null && is.isSymbolicLink()) {
            throw new InputException(
                    ErrorCode.WRONG_KIND, "%s is a link: put the folder itself there, or take it away.", folder);
        }
    }

    /** Whether something is there, be it a link that leads nowhere. */
    public static boolean exists(Path path) {
        return attributes(path) != null;
    }

    private static BasicFileAttributes attributes(Path path) {
        try {
            return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException e) {
            return null;
        } catch (IOException e) {
            if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
                return null;
            }
            throw new InputException(
                    ErrorCode.NOT_READABLE, e, "%s cannot be looked at (%s): check its permissions.", path, e);
        }
    }

    /**
     * Adds to a file, or makes it. A link or a pipe in its place is not written to; a file that has another name elsewhere is left as it is there.
     *
     * @throws IOException when that is so, or there is no room
     */
    public static void append(Path file, String text) throws IOException {
        BasicFileAttributes is = attributes(file);
        if (is != null && !is.isRegularFile()) {
            throw new IOException("it is no ordinary file");
        }
        if (is != null && hasOtherNames(file)) {
            AtomicFiles.write(file, temporary -> Files.write(temporary, Files.readAllBytes(file)));
        }
        Files.write(
                file,
                text.getBytes(StandardCharsets.UTF_8),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE,
                StandardOpenOption.APPEND,
                LinkOption.NOFOLLOW_LINKS);
    }

    private static boolean hasOtherNames(Path file) throws IOException {
        return file.getFileSystem().supportedFileAttributeViews().contains("unix")
                && (int) Files.getAttribute(file, "unix:nlink") > 1;
    }
}
