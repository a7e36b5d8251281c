package io.meristem;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.util.List;
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
    void namesMayBeAsLongAsTheSystemAllows() throws IOException {
        Path file = folder.resolve("ä".repeat(125) + ".json");
        AtomicFiles.writeString(file, "text");
        assertEquals("text", Files.readString(file));
    }

    @Test
    void aLinkIsReplacedAndNotFollowed() throws IOException {
        Path mine = Files.writeString(folder.resolve("mine.txt"), "mine");
        Path link = Files.createSymbolicLink(folder.resolve("a.txt"), mine);
        AtomicFiles.writeString(link, "text");
        assertFalse(Files.isSymbolicLink(link));
        assertEquals("mine", Files.readString(mine));
    }
}
