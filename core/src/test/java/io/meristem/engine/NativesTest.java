package io.meristem.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.InputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Unpacking, with small files for libraries. */
class NativesTest {

    private static final int SIZE = 100_000;

    @TempDir
    Path folder;

    private final AtomicInteger unpacked = new AtomicInteger();

    private Path library() {
        return folder.resolve("some.jar").resolve("libsome.so");
    }

    /** As JavaCPP does: what is there in full size is taken as it is. */
    private void unpack() {
        try {
            if (!Files.exists(library()) || Files.size(library()) != SIZE) {
                unpacked.incrementAndGet();
                Files.createDirectories(library().getParent());
                Files.write(library(), new byte[SIZE / 2]);
                Thread.sleep(100);
                Files.write(library(), new byte[SIZE]);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void oneUnpacksAndTheOthersWait() throws Exception {
        ExecutorService starts = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                all.add(starts.submit(() -> {
                    Natives.load(folder, true, this::unpack);
                    assertEquals(SIZE, Files.size(library()));
                    return null;
                }));
            }
            for (Future<?> one : all) {
                one.get();
            }
        } finally {
            starts.shutdownNow();
        }
        assertEquals(1, unpacked.get());
        assertTrue(Natives.isWhole(folder));
    }

    @Test
    void whatIsCutShortOrLeftByAKillIsUnpackedAgain() throws IOException {
        Natives.load(folder, true, this::unpack);
        Files.write(library(), new byte[SIZE / 3]);
        assertFalse(Natives.isWhole(folder));
        Natives.load(folder, true, this::unpack);
        assertEquals(2, unpacked.get());

        // Of the right size, and not what was unpacked: written anew.
        Files.write(library(), new byte[SIZE]);
        Files.setLastModifiedTime(library(), java.nio.file.attribute.FileTime.fromMillis(1_000_000));
        Natives.load(folder, true, this::unpack);
        assertEquals(3, unpacked.get());

        // A kill while it unpacked: there is no list.
        Files.delete(folder.resolve("meristem.list"));
        Natives.load(folder, true, this::unpack);
        assertEquals(4, unpacked.get());

        // Cut short itself.
        Files.writeString(folder.resolve("meristem.list"), "linux");
        Natives.load(folder, true, this::unpack);
        assertEquals(5, unpacked.get());
        Natives.load(folder, true, this::unpack);
        assertEquals(5, unpacked.get());

        // Damaged, so that it names what can be no file.
        String first = Files.readAllLines(folder.resolve("meristem.list")).get(0);
        Files.writeString(folder.resolve("meristem.list"), first + "\n3 4 lib\0torch.so\n");
        assertFalse(Natives.isWhole(folder));
    }

    @Test
    void whatOthersHaveUnpackedBesideStays() throws IOException {
        Path other = Files.createDirectories(folder.resolve("other.jar")).resolve("libother.so");
        Files.write(other, new byte[3]);
        Natives.load(folder, false, this::unpack);
        assertTrue(Files.exists(other));
        Natives.load(folder, true, this::unpack);
        assertTrue(Natives.isWhole(folder));
    }

    @Test
    void aLibraryThatCannotBeLoadedIsASentence() {
        InputException e = assertThrows(
                InputException.class,
                () -> Natives.load(folder, true, () -> {
                    unpack();
                    throw new UnsatisfiedLinkError("failed to map segment from shared object");
                }));
        assertTrue(e.getMessage().contains(folder.toString()), e.getMessage());
        assertTrue(e.getMessage().contains("MERISTEM_HOME"), e.getMessage());
        assertFalse(Files.exists(library()), "a half is left");
    }
}
