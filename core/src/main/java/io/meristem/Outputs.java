package io.meristem;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/** Places for results, tried before the work starts: hours of it are not to end in a file that cannot be written. */
public final class Outputs {

    /** A file's temporary sibling has a name of at most so many bytes. */
    private static final int SIBLING = 200;

    /** The longest path that a run or a study has below its folder. */
    private static final String BELOW = ("x".repeat(80) + "/").repeat(2) + "x".repeat(SIBLING);

    private Outputs() {}

    /**
     * Nothing is left behind, not even the folders around {@code file}.
     *
     * @param option named in the refusal
     * @throws InputException when no file can be written there
     */
    public static void requireFile(Path file, String option) {
        try {
            Path place = AtomicFiles.followed(file.toAbsolutePath());
            if (AtomicFiles.isStream(place)) {
                if (Files.exists(place) && !Files.isWritable(place)) {
                    throw new IOException("no permission to write into it");
                }
                return;
            }
            if (Files.isDirectory(place)) {
                throw new IOException("it is a folder");
            }
            Path name = place.getFileName();
            if (name == null) {
                throw new IOException("it is no name of a file");
            }
            requireName(place);
            requireName(place.resolveSibling("x".repeat(SIBLING)));
            tryToWrite(place.getParent());
        } catch (IOException e) {
            throw refusal(file, option, e);
        }
    }

    /**
     * The same for a folder that is to hold a run, a study or photos: files below it can be written too.
     *
     * @throws InputException when no folder can be made there, or nothing be written into it
     */
    public static void requireFolder(Path folder, String option) {
        try {
            Path place = AtomicFiles.followed(folder.toAbsolutePath());
            if (Files.exists(place) && !Files.isDirectory(place)) {
                throw new NotDirectoryException(place.toString());
            }
            requireName(place);
            requireName(place.resolve(BELOW));
            tryToWrite(place);
        } catch (IOException e) {
            throw refusal(folder, option, e);
        }
    }

    /** Asks the system whether it takes such a name: what it says of a file that is not there tells. */
    private static void requireName(Path path) throws IOException {
        try {
            Files.readAttributes(path, BasicFileAttributes.class);
        } catch (NoSuchFileException e) {
            return;
        }
    }

    /** Writes into the nearest folder that is there. */
    private static void tryToWrite(Path folder) throws IOException {
        Path there = folder;
        while (there != null && !Files.exists(there)) {
            there = there.getParent();
        }
        if (there == null || !Files.isDirectory(there)) {
            throw new NotDirectoryException(String.valueOf(there));
        }
        Path probe = AtomicFiles.sibling(there, "probe");
        try {
            Files.createFile(probe);
        } finally {
            Files.deleteIfExists(probe);
        }
    }

    private static InputException refusal(Path path, String option, IOException e) {
        return new InputException(
                "Nothing can be written to " + shown(path) + " (" + reason(e) + "): give another " + option + ".", e);
    }

    /** Enough of a path to know it again. */
    private static String shown(Path path) {
        String text = path.toString();
        return text.length() > SIBLING ? text.substring(0, SIBLING) + "…" : text;
    }

    /** Why a file could not be written, in a few words: not the name of a class, and the path not a second time. */
    public static String reason(IOException e) {
        if (e instanceof NotDirectoryException not) {
            return not.getFile() + " is no folder";
        }
        if (e instanceof AccessDeniedException denied) {
            return "no permission to write at " + shown(Path.of(denied.getFile()));
        }
        if (e instanceof FileSystemException system && system.getReason() != null) {
            return system.getReason();
        }
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }
}
