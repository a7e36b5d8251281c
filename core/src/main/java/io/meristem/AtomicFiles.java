package io.meristem;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * Files that are either there whole or not there: written under a temporary name beside the target, then moved over it. A link stays, and what it points to is
 * written. Devices, pipes and what a process has open are written into and never replaced.
 */
public final class AtomicFiles {

    /** As many as Linux follows. */
    private static final int MOST_LINKS = 40;

    /** Of the target's name, in its temporary sibling: a name may have 255 bytes, and a character has up to four. */
    private static final int MOST_OF_NAME = 40;

    /** Fills the file at the temporary path it is given. */
    @FunctionalInterface
    public interface Body {
        void write(Path temporary) throws IOException;
    }

    private AtomicFiles() {}

    /** Writes {@code target} through a temporary sibling; when {@code body} fails, the sibling is removed and the target is as it was. */
    public static void write(Path target, Body body) throws IOException {
        Path place = followed(target);
        if (isStream(place)) {
            writeInto(place, body);
            return;
        }
        Path parent = place.toAbsolutePath().getParent();
        Files.createDirectories(parent);
        // Not createTempFile: its files are for their owner only, and stay so when they are moved.
        Path temporary = sibling(parent, String.valueOf(place.getFileName()));
        try {
            Files.createFile(temporary);
            body.write(temporary);
            try {
                Files.move(temporary, place, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } catch (AtomicMoveNotSupportedException e) {
                Files.move(temporary, place, StandardCopyOption.REPLACE_EXISTING);
            }
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    public static void writeString(Path target, String text) throws IOException {
        write(target, temporary -> Files.writeString(temporary, text));
    }

    /** Where a file is written that is to be moved to {@code name} in {@code folder}. */
    static Path sibling(Path folder, String name) {
        int some = name.offsetByCodePoints(0, Math.min(MOST_OF_NAME, name.codePointCount(0, name.length())));
        return folder.resolve("." + name.substring(0, some) + "." + UUID.randomUUID() + ".part");
    }

    /**
     * What a link points to, there or not, through further links; anything else as it is. A descriptor of a process ({@code /dev/stdout}) is not followed on:
     * what lies behind it is the process's.
     */
    static Path followed(Path target) throws IOException {
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
    static boolean isStream(Path place) {
        return isDescriptor(place) || Files.exists(place) && !Files.isRegularFile(place) && !Files.isDirectory(place);
    }

    private static boolean isDescriptor(Path place) {
        Path whole = place.toAbsolutePath().normalize();
        return whole.getNameCount() == 4 && whole.startsWith("/proc") && whole.getName(2).toString().equals("fd")
                || whole.getNameCount() == 3 && whole.startsWith("/dev/fd");
    }

    /** The text is made whole before any of it is written. */
    private static void writeInto(Path place, Body body) throws IOException {
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
