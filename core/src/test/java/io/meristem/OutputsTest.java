package io.meristem;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputsTest {

    @TempDir
    Path folder;

    private Path deep(int length) {
        Path path = folder.toAbsolutePath();
        while (path.toString().length() < length - 101) {
            path = path.resolve("d".repeat(100));
        }
        return path.resolve("d".repeat(length - path.toString().length() - 1));
    }

    private static void refused(Runnable check, String word) {
        InputException e = assertThrows(InputException.class, check::run);
        assertTrue(e.getMessage().contains(word) && e.getMessage().contains(Setting.OUT.words()), e.getMessage());
        assertTrue(e.getMessage().length() < 600, e.getMessage());
    }

    @Test
    void placesAreTriedAndLeftAsTheyWere() throws IOException {
        assertDoesNotThrow(() -> Outputs.requireFolder(folder.resolve("a/b/run"), Setting.OUT));
        assertDoesNotThrow(() -> Outputs.requireFile(folder.resolve("a/b/x.json"), Setting.OUT));
        assertDoesNotThrow(() -> Outputs.requireFolder(deep(1000), Setting.OUT));
        try (Stream<Path> inside = Files.list(folder)) {
            assertEquals(List.of(), inside.toList());
        }
    }

    @Test
    void impossiblePlacesAreRefused() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        refused(() -> Outputs.requireFolder(folder.resolve("x".repeat(4000)), Setting.OUT), "too long");
        refused(() -> Outputs.requireFile(folder.resolve("x".repeat(256)), Setting.OUT), "too long");
        // The folder itself is possible, and what a run puts into it is not.
        refused(() -> Outputs.requireFolder(deep(4000), Setting.OUT), "too long");
        refused(() -> Outputs.requireFile(deep(4080), Setting.OUT), "too long");
        refused(() -> Outputs.requireFolder(file, Setting.OUT), "is no folder");
        refused(() -> Outputs.requireFolder(file.resolve("a/b"), Setting.OUT), "");
        refused(() -> Outputs.requireFile(folder, Setting.OUT), "it is a folder");
        IOException blocked = assertThrows(IOException.class, () -> PrivateFolder.create(file.resolve("natives")));
        assertTrue(Outputs.reason(blocked).endsWith("file is no folder"), Outputs.reason(blocked));
        Files.createSymbolicLink(folder.resolve("a"), Path.of("b"));
        Files.createSymbolicLink(folder.resolve("b"), Path.of("a"));
        refused(() -> Outputs.requireFile(folder.resolve("a"), Setting.OUT), "leads back to itself");
        if (Files.isDirectory(Path.of("/proc/self"))) {
            refused(() -> Outputs.requireFile(Path.of("/proc/x"), Setting.OUT), "no file can be made in /proc");
        }
    }

    private List<String> inside() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(f -> f.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void aLinkStaysAndWhatItPointsToIsReplaced() throws IOException {
        Path real =
                Files.writeString(Files.createDirectory(folder.resolve("in")).resolve("real.txt"), "one");
        Path link = Files.createSymbolicLink(folder.resolve("link.txt"), Path.of("in", "real.txt"));
        Path second = Files.createSymbolicLink(folder.resolve("second.txt"), Path.of("link.txt"));
        Outputs.writeString(second, "two");
        assertEquals("two", Files.readString(real));
        assertTrue(Files.isSymbolicLink(link) && Files.isSymbolicLink(second));
        Path nowhere = Files.createSymbolicLink(folder.resolve("nowhere.txt"), Path.of("in", "new.txt"));
        Outputs.writeString(nowhere, "three");
        assertTrue(Files.isSymbolicLink(nowhere));
        assertEquals("three", Files.readString(folder.resolve("in").resolve("new.txt")));
        Files.createSymbolicLink(folder.resolve("a"), Path.of("b"));
        Files.createSymbolicLink(folder.resolve("b"), Path.of("a"));
        assertThrows(IOException.class, () -> Outputs.writeString(folder.resolve("a"), "x"));
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
            Outputs.writeString(target, "whole");
            assertEquals("whole", read.get(20, TimeUnit.SECONDS));
            assertFalse(Files.isRegularFile(pipe));
        }
        assertEquals(List.of("link.json", "pipe.json"), inside());
    }

    @Test
    void devicesStay() throws IOException {
        Path full = Path.of("/dev/full");
        Assumptions.assumeTrue(
                Files.exists(full) && Files.exists(Path.of("/dev/null")), "this system has no /dev/full");
        Path link = Files.createSymbolicLink(folder.resolve("null.json"), Path.of("/dev/null"));
        Outputs.writeString(link, "text");
        assertFalse(Files.isRegularFile(Path.of("/dev/null")));
        assertTrue(Files.isSymbolicLink(link));
        IOException e = assertThrows(IOException.class, () -> Outputs.writeString(full, "text"));
        assertTrue(e.getMessage().contains("No space left"), e.toString());
        assertFalse(Files.isRegularFile(full));
    }

    private static boolean made(String... command) throws InterruptedException {
        try {
            return new ProcessBuilder(command).start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }
}
