package io.meristem;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * Places for results that the user has named. They are tried before the work starts: hours of it are not to end in a file that cannot be written. A link to a
 * file stays, and the file is replaced; devices, pipes and what the process has open are written into and never replaced.
 */
public final class Outputs {

    /** A file's temporary sibling has a name of at most so many bytes. */
    private static final int SIBLING = 200;

    /** The longest path that a run or a study has below its folder. */
    private static final String BELOW = ("x".repeat(80) + "/").repeat(2) + "x".repeat(SIBLING);

    /** As many as Linux follows. */
    private static final int MOST_LINKS = 40;

    private Outputs() {}

    /** Writes {@code target} as {@link AtomicFiles#write} does, or into what a link points to, or into what is no ordinary file. */
    public static void write(Path target, AtomicFiles.Body body) throws IOException {
        Path place = followed(target);
        if (isStream(place)) {
            writeInto(place, body);
        } else {
            AtomicFiles.write(place, body);
        }
    }

    public static void writeString(Path target, String text) throws IOException {
        write(target, temporary -> Files.writeString(temporary, text));
    }

    /**
     * Nothing is left behind, not even the folders around {@code file}.
     *
     * @param setting named in the refusal
     * @throws InputException when no file can be written there
     */
    public static void requireFile(Path file, Setting setting) {
        try {
            Path place = followed(file.toAbsolutePath());
            if (isStream(place)) {
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
            throw refusal(file, setting, e);
        }
    }

    /**
     * The same for a folder that is to hold a run, a study or photos: files below it can be written too.
     *
     * @throws InputException when no folder can be made there, or nothing be written into it
     */
    public static void requireFolder(Path folder, Setting setting) {
        try {
            Path place = followed(folder.toAbsolutePath());
            if (Files.exists(place) && !Files.isDirectory(place)) {
                throw new NotDirectoryException(place.toString());
            }
            requireName(place);
            requireName(place.resolve(BELOW));
            tryToWrite(place);
        } catch (IOException e) {
            throw refusal(folder, setting, e);
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
        } catch (NoSuchFileException e) {
            throw new IOException("no file can be made in " + there, e); // as in /proc
        } finally {
            Files.deleteIfExists(probe);
        }
    }

    private static InputException refusal(Path path, Setting setting, IOException e) {
        return new InputException(
                ErrorCode.NOT_WRITABLE,
                e,
                "Nothing can be written to %s (%s): give another %s.",
                shown(path),
                reason(e),
                setting);
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
        if (e instanceof FileSystemLoopException) {
            return "the link leads back to itself";
        }
        if (e instanceof FileAlreadyExistsException there) {
            Path path = Path.of(there.getFile());
            return shown(path) + (Files.isDirectory(path) ? " is there already" : " is no folder");
        }
        if (e instanceof NoSuchFileException none) {
            return "there is no " + shown(Path.of(none.getFile()));
        }
        if (e instanceof FileSystemException system && system.getReason() != null) {
            return system.getReason();
        }
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }

    /**
     * What a link points to, there or not, through further links; anything else as it is. A descriptor of a process ({@code /dev/stdout}) is not followed on:
     * what lies behind it is the process's.
     */
    public static Path followed(Path target) throws IOException {
        Path place = target;
        for (int links = 0; Files.isSymbolicLink(place) && !isDescriptor(place); links++) {
            if (links == MOST_LINKS) {
                throw new FileSystemLoopException(target.toString());
            }
            place = place.toAbsolutePath().resolveSibling(Files.readSymbolicLink(place));
        }
        return place;
    }

    /** Whether this is written into: no ordinary file and no folder, but there. */
    private static boolean isStream(Path place) {
        return isDescriptor(place) || Files.exists(place) && !Files.isRegularFile(place) && !Files.isDirectory(place);
    }

    private static boolean isDescriptor(Path place) {
        Path whole = place.toAbsolutePath().normalize();
        return whole.getNameCount() == 4
                        && whole.startsWith("/proc")
                        && whole.getName(2).toString().equals("fd")
                || whole.getNameCount() == 3 && whole.startsWith("/dev/fd");
    }

    /** The text is made whole before any of it is written. */
    private static void writeInto(Path place, AtomicFiles.Body body) throws IOException {
        Path folder = Files.createTempDirectory("meristem");
        Path whole = folder.resolve("whole");
        try {
            Files.createFile(whole);
            body.write(whole);
            try (OutputStream out = open(place)) {
                Files.copy(whole, out);
            }
        } finally {
            Files.deleteIfExists(whole);
            Files.deleteIfExists(folder);
        }
    }

    private static OutputStream open(Path place) throws IOException {
        if (isDescriptor(place)) {
            // An ordinary file behind it would be written from its beginning, were it opened anew.
            FileDescriptor own =
                    switch (place.getFileName().toString()) {
                        case "1" -> FileDescriptor.out;
                        case "2" -> FileDescriptor.err;
                        default -> null;
                    };
            if (own != null && isOfThisProcess(place)) {
                return new KeptOpen(new FileOutputStream(own));
            }
            return Files.newOutputStream(place, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
        }
        return Files.newOutputStream(place, StandardOpenOption.WRITE);
    }

    private static boolean isOfThisProcess(Path place) {
        String process = place.toAbsolutePath().normalize().getName(1).toString();
        return process.equals("fd")
                || process.equals("self")
                || process.equals(String.valueOf(ProcessHandle.current().pid()));
    }

    /** The process's own standard output, of which this is not the last word. */
    private static final class KeptOpen extends OutputStream {

        private final OutputStream out;

        KeptOpen(OutputStream out) {
            this.out = out;
        }

        @Override
        public void write(int b) throws IOException {
            out.write(b);
        }

        @Override
        public void write(byte[] bytes, int from, int length) throws IOException {
            out.write(bytes, from, length);
        }

        @Override
        public void flush() throws IOException {
            out.flush();
        }

        @Override
        public void close() throws IOException {
            out.flush();
        }
    }
}
