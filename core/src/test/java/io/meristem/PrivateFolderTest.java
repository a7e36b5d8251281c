package io.meristem;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrivateFolderTest {

    @TempDir
    Path place;

    @BeforeEach
    void needsPermissions() throws IOException {
        Assumptions.assumeTrue(
                place.getFileSystem().supportedFileAttributeViews().contains("unix"),
                "this system has no POSIX permissions");
        Assumptions.assumeTrue(PrivateFolder.fault(place).isEmpty(), "the temporary folder is open to others");
    }

    private static void permit(Path folder, String permissions) throws IOException {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString(permissions));
    }

    @Test
    void nobodyElseMayWrite() throws IOException {
        Path folder = place.resolve("home").resolve("natives");
        PrivateFolder.create(folder);
        PrivateFolder.create(folder);
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)));
        assertEquals(Optional.empty(), PrivateFolder.fault(folder));
        permit(folder, "rwxrwxr-x");
        assertTrue(PrivateFolder.fault(folder).orElseThrow().contains("a group"), "written by a group");
        permit(folder, "rwxr-xrwx");
        assertTrue(PrivateFolder.fault(folder).orElseThrow().contains("everybody"), "written by all");
        permit(folder, "rwxr-xr-x");
        assertEquals(Optional.empty(), PrivateFolder.fault(folder));
        // Who may write to the folder around it puts another in its place.
        permit(place.resolve("home"), "rwxrwxrwx");
        assertTrue(PrivateFolder.fault(folder).orElseThrow().contains("home"), "around it");
        Path link = Files.createSymbolicLink(place.resolve("link"), folder);
        assertTrue(PrivateFolder.fault(link).isPresent(), "a link is no other place");
    }

    @Test
    void manyMayMakeItAtOnce() throws Exception {
        int threads = 8;
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            for (int round = 0; round < 200; round++) {
                Path folder = place.resolve("home-" + round).resolve("natives");
                CyclicBarrier start = new CyclicBarrier(threads);
                List<Callable<Void>> makers = Collections.nCopies(threads, () -> {
                    start.await();
                    PrivateFolder.create(folder);
                    return null;
                });
                for (Future<Void> made : pool.invokeAll(makers)) {
                    made.get();
                }
            }
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    void aFileInItsPlaceIsSaid() throws IOException {
        Path file = Files.createFile(place.resolve("natives"));
        assertThrows(FileAlreadyExistsException.class, () -> PrivateFolder.create(file));
    }

    @Test
    void nobodyElseMayOwnIt() throws IOException {
        Path folder = Files.createDirectory(place.resolve("theirs"));
        try {
            Files.setAttribute(folder, "unix:uid", 65534);
        } catch (IOException e) {
            Assumptions.abort("only the system's user can give folders away");
        }
        assertTrue(PrivateFolder.fault(folder).orElseThrow().contains("another user"));
    }
}
