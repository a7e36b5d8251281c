package io.meristem.engine;

import io.meristem.ErrorCode;
import io.meristem.Folders;
import io.meristem.Home;
import io.meristem.InputException;
import io.meristem.Outputs;
import io.meristem.PrivateFolder;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas;
import org.bytedeco.pytorch.global.torch;

/**
 * The engine's libraries, unpacked below the home folder where nobody else can write, by one process at a time, and whole: a list of them is written last, and
 * what does not agree with it is unpacked again.
 */
final class Natives {

    /** Where JavaCPP unpacks to; what the user sets it to stays. */
    static final String PLACE = "org.bytedeco.javacpp.cachedir";

    /**
     * How much the process may take before JavaCPP refuses new objects, 0 for no limit; what the user sets it to stays. With a limit, which is there by default, it asks
     * the system how much that is for each object that it makes, some thousand times a step.
     */
    static final String LIMIT = "org.bytedeco.javacpp.maxPhysicalBytes";

    private static final String NAME = "natives";
    private static final String LOCK = "meristem.lock";
    private static final String LIST = "meristem.list";

    /** What all of them take, and a little more. */
    private static final long ROOM_MIB = 600;

    private static final long MIB = 1 << 20;
    private static final long AGAIN_MILLIS = 50;

    private static volatile boolean loaded;

    private Natives() {}

    /**
     * Loads what the engine needs, once.
     *
     * @throws InputException when there is no room for the libraries, or the system refuses them
     */
    static void load() {
        if (!loaded) {
            loadOnce();
        }
    }

    private static synchronized void loadOnce() {
        if (loaded) {
            return;
        }
        if (System.getProperty(LIMIT) == null && System.getProperty(LIMIT.toLowerCase(Locale.ROOT)) == null) {
            System.setProperty(LIMIT, "0"); // read when JavaCPP's first object is made
        }
        try {
            boolean given = System.getProperty(PLACE) != null
                    && !System.getProperty(PLACE).isBlank();
            if (!given) {
                System.setProperty(PLACE, place().toString());
            }
            Path folder = Loader.getCacheDir().toPath();
            // Where JavaCPP was used before this class it has chosen by itself, a folder that others may share.
            boolean ours = !given && folder.equals(Path.of(System.getProperty(PLACE)));
            load(folder, ours, Natives::link);
            loaded = true;
        } catch (IOException e) {
            throw new InputException(
                    ErrorCode.NOT_WRITABLE,
                    e,
                    "The engine's libraries cannot be unpacked (%s): make room, or set %s to a folder that can be written.",
                    Outputs.reason(e),
                    Home.VARIABLE);
        }
    }

    /** The first of the folders that may be the home where nobody else can put libraries, or a private one. */
    private static Path place() throws IOException {
        String reason = "There is no home folder for the engine's libraries";
        boolean passed = false;
        for (Path home : Home.candidates()) {
            Path folder = home.resolve(NAME);
            try {
                PrivateFolder.create(folder);
                Optional<String> fault = PrivateFolder.fault(folder);
                if (fault.isPresent()) {
                    reason = "The engine's libraries are not loaded from " + folder + ", as " + fault.get();
                } else if (Files.isWritable(folder) || isWhole(folder)) {
                    if (passed) {
                        Home.note(reason + ": they are unpacked to " + folder + ".");
                    }
                    return folder.toRealPath();
                } else {
                    reason = "The engine's libraries cannot be unpacked to " + folder;
                }
            } catch (IOException e) {
                reason = "The engine's libraries cannot be unpacked to " + folder + " (" + Outputs.reason(e) + ")";
            }
            passed = true;
        }
        Path spare = Home.spare(reason).resolve(NAME);
        PrivateFolder.create(spare);
        return spare.toRealPath();
    }

    /** JavaCPP unpacks what is not there, and links. */
    private static void link() {
        Loader.load(openblas.class);
        Loader.load(torch.class);
    }

    /**
     * @param ours whether nothing else lies in {@code folder}, so that what was left half-done can be removed
     * @param loading unpacks and links
     */
    static void load(Path folder, boolean ours, Runnable loading) throws IOException {
        if (!Files.isWritable(folder)) {
            run(folder, loading); // as its owner has prepared it
            return;
        }
        try (FileChannel channel = FileChannel.open(
                folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            try (FileLock shared = lock(channel, true)) {
                if (isWhole(folder)) {
                    run(folder, loading);
                    return;
                }
            }
            try (FileLock own = lock(channel, false)) {
                if (!isWhole(folder)) {
                    clear(folder, ours);
                    try {
                        run(folder, loading);
                    } catch (InputException e) {
                        clear(folder, ours); // a full disk is no fuller for it
                        throw e;
                    }
                    write(folder);
                    return;
                }
                run(folder, loading);
            }
        }
    }

    /** Waits for other processes, and for other class loaders of this one. */
    private static FileLock lock(FileChannel channel, boolean shared) throws IOException {
        while (true) {
            try {
                return channel.lock(0, Long.MAX_VALUE, shared);
            } catch (OverlappingFileLockException e) {
                try {
                    Thread.sleep(AGAIN_MILLIS);
                } catch (InterruptedException stop) {
                    Thread.currentThread().interrupt();
                    throw new IOException("interrupted while another thread unpacks", stop);
                }
            }
        }
    }

    private static void run(Path folder, Runnable loading) {
        try {
            loading.run();
        } catch (UnsatisfiedLinkError e) {
            long free = folder.toFile().getUsableSpace() / MIB;
            String text = String.valueOf(e.getMessage()).lines().findFirst().orElse("no reason known");
            if (free < ROOM_MIB) {
                throw new InputException(
                        ErrorCode.NOT_WRITABLE,
                        e,
                        "The engine's libraries cannot be unpacked to %s, which has %s MiB left: make room for %s MiB, or set %s to another folder.",
                        folder,
                        free,
                        ROOM_MIB,
                        Home.VARIABLE);
            }
            throw new InputException(
                    ErrorCode.UNSUPPORTED,
                    e,
                    "The engine's libraries in %s cannot be loaded (%s): where the system executes nothing from that folder, set %s to another one.",
                    folder,
                    text,
                    Home.VARIABLE);
        }
    }

    /** Without the list nothing counts as whole; a library that a process has loaded stays with it. */
    private static void clear(Path folder, boolean ours) throws IOException {
        Files.deleteIfExists(folder.resolve(LIST));
        if (!ours) {
            return; // JavaCPP looks at sizes and times itself
        }
        List<Path> inside;
        try (Stream<Path> files = Files.list(folder)) {
            inside = files.filter(Files::isDirectory).toList();
        }
        for (Path old : inside) {
            Folders.delete(old);
        }
    }

    private static void write(Path folder) throws IOException {
        List<String> lines = new ArrayList<>();
        lines.add(versions());
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(f -> Files.isRegularFile(f, LinkOption.NOFOLLOW_LINKS))
                    .filter(f -> !f.getParent().equals(folder))
                    .sorted()
                    .toList()) {
                lines.add(facts(file) + " " + folder.relativize(file));
            }
        }
        Path temporary = folder.resolve(LIST + ".part");
        Files.write(temporary, lines);
        Files.move(
                temporary, folder.resolve(LIST), StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Whether these versions were unpacked to the end, and every library has its size and time still. */
    static boolean isWhole(Path folder) throws IOException {
        List<String> lines;
        try {
            lines = Files.readAllLines(folder.resolve(LIST));
        } catch (NoSuchFileException | CharacterCodingException e) {
            return false;
        }
        if (lines.size() < 2 || !lines.get(0).equals(versions())) {
            return false;
        }
        for (String line : lines.subList(1, lines.size())) {
            String[] parts = line.split(" ", 3);
            if (parts.length < 3) {
                return false;
            }
            Path file;
            try {
                file = folder.resolve(parts[2]);
            } catch (InvalidPathException e) {
                return false; // what a killed process or a bad disk has left in the list
            }
            if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                    || !facts(file).equals(parts[0] + " " + parts[1])) {
                return false;
            }
        }
        return true;
    }

    private static String facts(Path file) throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        return attributes.size() + " " + attributes.lastModifiedTime().toMillis();
    }

    /** What the class path would unpack. */
    private static String versions() throws IOException {
        String library = System.mapLibraryName("jnitorch");
        boolean gpu =
                Loader.class.getResource("/org/bytedeco/pytorch/" + Loader.getPlatform() + "-gpu/" + library) != null;
        return String.join(
                " ",
                Loader.getPlatform() + (gpu ? "-gpu" : ""),
                Loader.getVersion("org.bytedeco", "javacpp"),
                Loader.getVersion("org.bytedeco", "openblas"),
                Loader.getVersion("org.bytedeco", "pytorch"));
    }
}
