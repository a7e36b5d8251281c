package io.meristem;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
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
        assertTrue(e.getMessage().contains(word) && e.getMessage().contains("--out"), e.getMessage());
        assertTrue(e.getMessage().length() < 600, e.getMessage());
    }

    @Test
    void placesAreTriedAndLeftAsTheyWere() throws IOException {
        assertDoesNotThrow(() -> Outputs.requireFolder(folder.resolve("a/b/run"), "--out"));
        assertDoesNotThrow(() -> Outputs.requireFile(folder.resolve("a/b/x.json"), "--out"));
        assertDoesNotThrow(() -> Outputs.requireFolder(deep(1000), "--out"));
        try (Stream<Path> inside = Files.list(folder)) {
            assertEquals(List.of(), inside.toList());
        }
    }

    @Test
    void impossiblePlacesAreRefused() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        refused(() -> Outputs.requireFolder(folder.resolve("x".repeat(4000)), "--out"), "too long");
        refused(() -> Outputs.requireFile(folder.resolve("x".repeat(256)), "--out"), "too long");
        // The folder itself is possible, and what a run puts into it is not.
        refused(() -> Outputs.requireFolder(deep(4000), "--out"), "too long");
        refused(() -> Outputs.requireFile(deep(4080), "--out"), "too long");
        refused(() -> Outputs.requireFolder(file, "--out"), "is no folder");
        refused(() -> Outputs.requireFolder(file.resolve("a/b"), "--out"), "");
        refused(() -> Outputs.requireFile(folder, "--out"), "it is a folder");
        Files.createSymbolicLink(folder.resolve("a"), Path.of("b"));
        Files.createSymbolicLink(folder.resolve("b"), Path.of("a"));
        refused(() -> Outputs.requireFile(folder.resolve("a"), "--out"), "");
    }
}
