package io.meristem;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFilesTest {

    @TempDir
    Path folder;

    private List<String> inside() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(f -> f.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void aFileIsReplacedWhole() throws IOException {
        Path file = folder.resolve("a.txt");
        AtomicFiles.writeString(file, "one");
        AtomicFiles.writeString(file, "two");
        assertEquals("two", Files.readString(file));
        assertEquals(List.of("a.txt"), inside());
    }

    @Test
    void aFailureLeavesTheFileAsItWas() throws IOException {
        Path file = folder.resolve("a.txt");
        AtomicFiles.writeString(file, "one");
        assertThrows(
                IOException.class,
                () -> AtomicFiles.write(file, temporary -> {
                    Files.writeString(temporary, "tw");
                    throw new IOException("no space");
                }));
        assertEquals("one", Files.readString(file));
        assertEquals(List.of("a.txt"), inside());
    }

    @Test
    void othersMayReadWhatTheyMayReadOtherwise() throws IOException {
        FileStore store = Files.getFileStore(folder);
        Assumptions.assumeTrue(
                store.supportsFileAttributeView(PosixFileAttributeView.class), "this file system has no permissions");
        Path plain = Files.writeString(folder.resolve("plain.txt"), "text");
        Path file = folder.resolve("a.txt");
        AtomicFiles.writeString(file, "text");
        assertEquals(Files.getPosixFilePermissions(plain), Files.getPosixFilePermissions(file));
    }

    @Test
    void aLinkStaysAndWhatItPointsToIsReplaced() throws IOException {
        Path real = Files.writeString(Files.createDirectory(folder.resolve("in")).resolve("real.txt"), "one");
        Path link = Files.createSymbolicLink(folder.resolve("link.txt"), Path.of("in", "real.txt"));
        Path second = Files.createSymbolicLink(folder.resolve("second.txt"), Path.of("link.txt"));
        AtomicFiles.writeString(second, "two");
        assertEquals("two", Files.readString(real));
        assertTrue(Files.isSymbolicLink(link) && Files.isSymbolicLink(second));
        Path nowhere = Files.createSymbolicLink(folder.resolve("nowhere.txt"), Path.of("in", "new.txt"));
        AtomicFiles.writeString(nowhere, "three");
        assertTrue(Files.isSymbolicLink(nowhere));
        assertEquals("three", Files.readString(folder.resolve("in").resolve("new.txt")));
        Files.createSymbolicLink(folder.resolve("a"), Path.of("b"));
        Files.createSymbolicLink(folder.resolve("b"), Path.of("a"));
        assertThrows(IOException.class, () -> AtomicFiles.writeString(folder.resolve("a"), "x"));
        assertEquals(List.of("a", "b", "in", "link.txt", "nowhere.txt", "second.txt"), inside());
    }

    @Test
    void aPipeIsWrittenIntoAndNotReplaced() throws Exception {
        Path pipe = folder.resolve("pipe.json");
        Assumptions.assumeTrue(made("mkfifo", pipe.toString()), "this system has no mkfifo");
        Path link = Files.createSymbolicLink(folder.resolve("link.json"), pipe);
        for (Path target : List.of(pipe, link)) {
            CompletableFuture<String> read = CompletableFuture.supplyAsync(() -> {
                try {
                    return Files.readString(pipe);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            AtomicFiles.writeString(target, "whole");
            assertEquals("whole", read.get(20, TimeUnit.SECONDS));
            assertFalse(Files.isRegularFile(pipe));
        }
        assertEquals(List.of("link.json", "pipe.json"), inside());
    }

    @Test
    void devicesStay() throws IOException {
        Path full = Path.of("/dev/full");
        Assumptions.assumeTrue(Files.exists(full) && Files.exists(Path.of("/dev/null")), "this system has no /dev/full");
        Path link = Files.createSymbolicLink(folder.resolve("null.json"), Path.of("/dev/null"));
        AtomicFiles.writeString(link, "text");
        assertFalse(Files.isRegularFile(Path.of("/dev/null")));
        assertTrue(Files.isSymbolicLink(link));
        IOException e = assertThrows(IOException.class, () -> AtomicFiles.writeString(full, "text"));
        assertTrue(e.getMessage().contains("No space left"), e.toString());
        assertFalse(Files.isRegularFile(full));
    }

    @Test
    void namesMayBeAsLongAsTheSystemAllows() throws IOException {
        Path file = folder.resolve("ä".repeat(125) + ".json");
        AtomicFiles.writeString(file, "text");
        assertEquals("text", Files.readString(file));
    }

    private static boolean made(String... command) throws InterruptedException {
        try {
            return new ProcessBuilder(command).start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }
}
