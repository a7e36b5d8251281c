package io.meristem.data.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.InputException;
import io.meristem.data.feed.PixelCache;
import io.meristem.data.feed.ProgressListener;
import io.meristem.data.feed.Workers;
import io.meristem.data.folder.ImageFolder;
import io.meristem.data.folder.SplitOptions;
import io.meristem.testing.Pictures;
import java.awt.image.BufferedImage;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Want of memory makes no photo unreadable. */
@Timeout(120)
class DecodeMemoryTest {

    private static final Path NAME = Path.of("a.jpg");

    @TempDir
    Path temp;

    @Test
    void asManyAtOnceAsThereIsRoom() throws IOException {
        DecodeMemory memory = new DecodeMemory(10 << 20);
        AtomicInteger now = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        Workers.forEach(
                8,
                60,
                i -> memory.decode(NAME, lease -> {
                    lease.reserve(i % 20 == 0 ? 500L << 20 : 4 << 20);
                    most.accumulateAndGet(now.incrementAndGet(), Math::max);
                    sleep();
                    assertTrue(i % 20 != 0 || now.get() == 1, "one that takes all is alone");
                    now.decrementAndGet();
                    return i;
                }));
        assertEquals(2, most.get());
    }

    private static void sleep() {
        try {
            Thread.sleep(3);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void whoeverRunsOutIsDecodedAgainAlone() throws IOException {
        DecodeMemory memory = new DecodeMemory(100 << 20);
        AtomicInteger now = new AtomicInteger();
        int[] tries = new int[40];
        Workers.forEach(6, tries.length, i -> {
            int answer = memory.decode(NAME, lease -> {
                lease.reserve(1 << 20);
                int others = now.incrementAndGet();
                try {
                    sleep();
                    if (++tries[i] == 1 && i % 3 == 0) {
                        throw new OutOfMemoryError("Java heap space");
                    }
                    assertTrue(tries[i] == 1 || others == 1, "the second try is alone");
                    return i;
                } finally {
                    now.decrementAndGet();
                }
            });
            assertEquals(i, answer);
        });
        assertEquals(2, tries[3]);
        assertEquals(1, tries[4]);
    }

    @Test
    void aNeedThatHasWrappedAroundIsNotWaitedFor() {
        DecodeMemory memory = new DecodeMemory(100 << 20);
        for (long need : new long[] {-1, Long.MIN_VALUE, -(1L << 62)}) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> memory.decode(NAME, lease -> {
                        lease.reserve(need);
                        return 0;
                    }));
        }
    }

    @Test
    void whatDoesNotFitAloneEndsTheWork() {
        DecodeMemory memory = new DecodeMemory(100 << 20);
        InputException e = assertThrows(
                InputException.class,
                () -> memory.decode(NAME, lease -> {
                    lease.reserve(3000L << 20);
                    throw new OutOfMemoryError("Java heap space");
                }));
        assertTrue(
                e.getMessage().startsWith("There is not enough Java memory to decode a.jpg (it takes about 3000 MiB"),
                e.getMessage());
        assertTrue(e.getMessage().contains("MERISTEM_JAVA_OPTS=-Xmx"), e.getMessage());
    }

    /** Fills a cache in a heap of its own and prints how many photos there are, their fingerprint and the unreadable ones. */
    public static final class Filler {
        private Filler() {}

        public static void main(String[] args) {
            ImageFolder data = ImageFolder.scan(Path.of(args[0]), SplitOptions.defaults());
            try {
                PixelCache cache =
                        PixelCache.open(Path.of(args[1]), data, Preprocess.imageNet(14), 6, ProgressListener.NONE);
                System.out.println(cache.photos().size() + " " + cache.unreadable());
            } catch (InputException e) {
                System.out.println(e.getMessage());
                System.exit(2);
            }
        }
    }

    /** Eight photos of 12 megapixels, six at once, in a heap that holds two. */
    @Test
    void allPhotosAreReadInASmallHeap() throws Exception {
        byte[] jpeg = Pictures.jpeg(new BufferedImage(4000, 3000, BufferedImage.TYPE_3BYTE_BGR));
        for (int i = 0; i < 8; i++) {
            Path file = temp.resolve("photos/" + (char) ('a' + i % 2) + "/" + i + ".jpg");
            Files.createDirectories(file.getParent());
            Files.write(file, jpeg);
            Files.write(file, new byte[] {(byte) i}, java.nio.file.StandardOpenOption.APPEND); // another content
        }
        String said = fill("96m", 0);
        assertTrue(said.contains("8 []"), said);
        said = fill("24m", 2);
        assertTrue(said.contains("There is not enough Java memory to decode"), said);
    }

    private String fill(String heap, int exit) throws Exception {
        File log = new File(temp.toFile(), heap + ".log");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + heap,
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                Filler.class.getName(),
                temp.resolve("photos").toString(),
                temp.resolve("cache" + heap).toString()));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log)
                .start();
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        String said = Files.readString(log.toPath());
        assertEquals(exit, process.exitValue(), said);
        return said;
    }
}
