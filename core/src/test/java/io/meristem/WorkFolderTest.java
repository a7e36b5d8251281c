package io.meristem;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkFolderTest {

    private static final String ID = ".0b6f8a2e-0000-4000-8000-000000000000.part";

    @TempDir
    Path folder;

    /** As a killed process leaves it. */
    private Path left(String name, String mark) throws IOException {
        Path left = Files.createDirectories(folder.resolve(name));
        Files.createDirectories(left.resolve("whole"));
        Files.writeString(left.resolve("whole/half"), "half");
        if (mark != null) {
            Files.writeString(left.resolve("meristem.lock"), mark);
        }
        return left;
    }

    private void write() throws IOException {
        Folders.write(folder.resolve("adapter"), made -> Files.writeString(made.resolve("a"), "all"));
    }

    @Test
    void whatAKillLeftIsRemoved() throws IOException {
        Path left = left(".adapter" + ID, "Meristem works here.\n");
        Path early = left(".adapter" + ID.replace("-4000", "-4001"), "");
        write();
        assertFalse(Files.exists(left));
        assertFalse(Files.exists(early));
        assertEquals("all", Files.readString(folder.resolve("adapter/a")));
    }

    @Test
    void whatIsNotOursStays() throws IOException {
        Path plain = left(".adapter.part", null);
        Path unmarked = left(".adapter" + ID, null);
        Path otherMark = left(".adapter" + ID.replace("-4000", "-4001"), "Somebody's lock.\n");
        Path otherTarget = left(".adapter2" + ID, "Meristem works here.\n");
        Path file = Files.writeString(folder.resolve(".adapter" + ID.replace("-4000", "-4002")), "mine");
        Path link = folder.resolve(".adapter" + ID.replace("-4000", "-4003"));
        Files.createSymbolicLink(link, otherTarget);
        write();
        for (Path stays : new Path[] {plain, unmarked, otherMark, otherTarget, file, link}) {
            assertTrue(Files.exists(stays), stays.toString());
        }
        assertEquals("half", Files.readString(plain.resolve("whole/half")));
    }

    @Test
    void whatIsAtWorkStays() throws IOException {
        Path link = Files.createSymbolicLink(folder.resolve("link"), folder);
        Path held;
        try (WorkFolder other = WorkFolder.beside(folder.resolve("adapter"))) {
            held = left(".adapter" + ID, "Meristem works here.\n");
            try (FileChannel lock = FileChannel.open(held.resolve("meristem.lock"), StandardOpenOption.WRITE)) {
                lock.lock();
                write();
                assertTrue(Files.isDirectory(held));
            }

            WorkFolder.clean(link.resolve("adapter"), path -> {});
            assertTrue(Files.isDirectory(other.resolve(".").normalize()));
        }
        assertFalse(Files.exists(held));
    }

    @Test
    void aFolderThatSomebodyHasFilledMeanwhileStays() throws IOException {
        Path target = folder.resolve("adapter");
        assertThrows(
                FileSystemException.class,
                () -> Folders.write(target, made -> {
                    Files.writeString(made.resolve("a"), "ours");
                    Files.createDirectories(target);
                    Files.writeString(target.resolve("b"), "theirs");
                }));
        assertEquals("theirs", Files.readString(target.resolve("b")));
        try (var inside = Files.list(folder)) {
            assertEquals(1, inside.count());
        }
    }
}
