package io.meristem;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Where things that can be made or fetched again are kept: {@code $MERISTEM_HOME}, or {@code ~/.cache/meristem}. Where neither can be made or written, as for
 * users without a home folder, a private folder takes its place that is removed when the process ends. Thread-safe.
 */
public final class Home {

    /** Names the environment variable that moves the folder. */
    public static final String VARIABLE = "MERISTEM_HOME";

    private static final String SPARE = "meristem-home-";
    private static final String ALIVE = "alive";

    private static final Set<String> NOTES = new LinkedHashSet<>();
    private static Consumer<String> reader;
    private static Path spare;

    private Home() {}

    /** To read from; {@link #writable} where something is to be written. It need not be there yet. */
    public static Path folder() {
        return candidates().stream()
                .filter(folder -> Files.isDirectory(folder) || canBeWritten(folder))
                .findFirst()
                .orElseGet(() -> spare("There is no home folder that can be written"));
    }

    /** To write to, and to read again in this process; the same as {@link #folder} where that can be written. */
    public static Path writable() {
        Path folder = folder();
        return canBeWritten(folder) ? folder : spare(folder + " cannot be written");
    }

    /** Which ways to compute layers were the fastest. */
    public static Path plans() {
        return folder().resolve("plans");
    }

    /** Decoded photos. */
    public static Path photos() {
        return writable().resolve("photos");
    }

    /** The folders that may be the home, the first one first. */
    public static List<Path> candidates() {
        // What the user says goes before what the system says of the user; a container without an entry for the user
        // has HOME at least.
        return Stream.of(
                        path(System.getenv(VARIABLE)),
                        cache(System.getProperty("user.home")),
                        cache(System.getenv("HOME")))
                .flatMap(Optional::stream)
                .distinct()
                .toList();
    }

    private static Optional<Path> cache(String home) {
        return path(home)
                .filter(Path::isAbsolute) // Java says "?" of a user that the system does not know
                .filter(Files::isDirectory)
                .map(folder -> folder.resolve(".cache").resolve("meristem"));
    }

    private static Optional<Path> path(String name) {
        try {
            return name == null || name.isBlank() ? Optional.empty() : Optional.of(Path.of(name));
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }

    private static boolean canBeWritten(Path folder) {
        Path there = folder.toAbsolutePath();
        while (there != null && !Files.exists(there)) {
            there = there.getParent();
        }
        return there != null && Files.isDirectory(there) && Files.isWritable(there);
    }

    /**
     * A folder of this process, for its user only, which is removed when the process ends.
     *
     * @param reason a sentence without its end, about why it is needed
     * @throws InputException when there is no place for it
     */
    public static synchronized Path spare(String reason) {
        if (spare == null) {
            try {
                spare = make();
            } catch (IOException e) {
                throw new InputException(
                        ErrorCode.NOT_WRITABLE,
                        e,
                        "%s, nor can %s (%s): set %s to a folder that can be written.",
                        reason,
                        System.getProperty("java.io.tmpdir"),
                        Outputs.reason(e),
                        VARIABLE);
            }
        }
        note(reason + ": what is unpacked and kept goes to " + spare + " and is removed at the end; set " + VARIABLE
                + " to a folder of your own to keep it.");
        return spare;
    }

    private static Path make() throws IOException {
        Path folder = Files.createTempDirectory(SPARE);
        removeAbandoned(folder);
        FileChannel alive =
                FileChannel.open(folder.resolve(ALIVE), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        alive.lock();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                alive.close();
                Folders.delete(folder);
            } catch (IOException e) {
                return; // the next one that needs a spare folder removes it
            }
        }));
        return folder;
    }

    /** Those of processes that were killed: nobody holds their locks. */
    private static void removeAbandoned(Path own) {
        try (DirectoryStream<Path> others = Files.newDirectoryStream(own.getParent(), SPARE + "*")) {
            for (Path other : others) {
                if (!other.equals(own) && Files.getOwner(other).equals(Files.getOwner(own)) && isAbandoned(other)) {
                    Folders.delete(other);
                }
            }
        } catch (IOException | UnsupportedOperationException e) {
            return; // another process is at it
        }
    }

    private static boolean isAbandoned(Path folder) throws IOException {
        Path file = folder.resolve(ALIVE);
        if (!Files.isRegularFile(file)) {
            return false; // just being made
        }
        try (FileChannel alive = FileChannel.open(file, StandardOpenOption.WRITE)) {
            return alive.tryLock() != null;
        }
    }

    /** @param reader gets what users should know of where things lie, each once: what has been said already, and what comes; null for nobody */
    public static synchronized void listen(Consumer<String> reader) {
        Home.reader = reader;
        if (reader != null) {
            NOTES.forEach(reader);
        }
    }

    /** Says a sentence to who {@link #listen listens}, unless that has been done. */
    public static synchronized void note(String sentence) {
        if (NOTES.add(sentence) && reader != null) {
            reader.accept(sentence);
        }
    }
}
