package io.meristem;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.UUID;

/**
 * Files that are either there whole or not there: written under a temporary name beside the target, then moved over it. A link is replaced, not followed: the
 * folder may be a stranger's. {@link Outputs} writes to what the user has named.
 */
public final class AtomicFiles {

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
        Path parent = target.toAbsolutePath().getParent();
        Files.createDirectories(parent);
        // Not createTempFile: its files are for their owner only, and stay so when they are moved.
        Path temporary = sibling(parent, String.valueOf(target.getFileName()));
        try {
            Files.createFile(temporary);
            body.write(temporary);
            try {
                Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } catch (AtomicMoveNotSupportedException e) {
                Files.move(temporary, target, StandardCopyOption.REPLACE_EXISTING);
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
        return folder.resolve(start(name) + UUID.randomUUID() + ".part");
    }

    /** What the names of such files begin with. */
    static String start(String name) {
        int some = name.offsetByCodePoints(0, Math.min(MOST_OF_NAME, name.codePointCount(0, name.length())));
        return "." + name.substring(0, some) + ".";
    }
}
