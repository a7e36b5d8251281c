package io.meristem.data.feed;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.InputException;
import io.meristem.data.folder.ImageFolder;
import io.meristem.data.folder.Photo;
import io.meristem.data.folder.SplitOptions;
import io.meristem.data.image.Fit;
import io.meristem.data.image.ImageDecoder;
import io.meristem.data.image.Preprocess;
import io.meristem.data.image.RgbImage;
import io.meristem.testing.Pictures;
import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PixelCacheTest {

    private static final Preprocess PREPROCESS = Preprocess.imageNet(14);

    @TempDir
    Path temp;

    private Path root;
    private Path cache;

    @BeforeEach
    void draw() {
        root = temp.resolve("photos");
        cache = temp.resolve("cache");
        Pictures.classes(root, 12, "a", "b");
    }

    private ImageFolder scan(boolean strict) {
        return ImageFolder.scan(root, SplitOptions.defaults().withStrict(strict));
    }

    private PixelCache open() {
        return PixelCache.open(cache, scan(false), PREPROCESS, 2, ProgressListener.NONE);
    }

    private static void assertHoldsAll(PixelCache cache) throws IOException {
        for (Photo photo : cache.photos()) {
            RgbImage expected = PREPROCESS.scaled(ImageDecoder.decode(photo.file()));
            RgbImage actual = cache.image(photo);
            assertEquals(expected.width(), actual.width());
            assertArrayEquals(expected.rgb(), actual.rgb(), photo.relative());
        }
    }

    @Test
    void decodesOnceAndKeeps() throws IOException {
        List<Integer> seen = new ArrayList<>();
        PixelCache first = PixelCache.open(cache, scan(false), PREPROCESS, 3, (done, total) -> {
            assertEquals(24, total);
            seen.add(done);
        });
        assertEquals(24, seen.size());
        assertEquals(24, seen.get(23));
        assertEquals(24, first.decoded());
        assertEquals(scan(false).photos(), first.photos());
        assertHoldsAll(first);
        PixelCache again = PixelCache.open(cache, scan(false), PREPROCESS, 1, (done, total) -> {
            throw new AssertionError("nothing is missing");
        });
        assertEquals(0, again.decoded());
        assertHoldsAll(again);
    }

    @Test
    void changedAddedAndRemovedPhotosAreNoticed() throws IOException {
        open();
        Path changed = root.resolve("a/03.png");
        Files.delete(changed);
        Pictures.write(Pictures.smooth(33, 21, 99), changed);
        Pictures.write(Pictures.smooth(25, 25, 98), root.resolve("b/new.png"));
        Files.delete(root.resolve("b/05.png"));
        PixelCache second = open();
        assertEquals(2, second.decoded());
        assertEquals(24, second.photos().size());
        assertHoldsAll(second);
        // The content decides, not the time.
        Files.setLastModifiedTime(root.resolve("a/04.png"), FileTime.fromMillis(12345));
        assertEquals(0, open().decoded());
        assertFalse(Files.readString(second.folder().resolve(CacheIndex.FILE)).contains("b/05.png"));
    }

    /** Photos of one size and one time that change places, as when two folders bore each other's name. */
    @Test
    void photosThatChangePlacesAreNotTakenForEachOther() throws IOException {
        for (String name : List.of("a/x.bmp", "b/x.bmp")) {
            Path file = Pictures.write(Pictures.smooth(20, 20, name.charAt(0)), root.resolve(name));
            Files.setLastModifiedTime(file, FileTime.fromMillis(1_700_000_000_000L));
        }
        PixelCache first = open();
        Path kept = temp.resolve("kept");
        Files.move(root.resolve("a"), kept);
        Files.move(root.resolve("b"), root.resolve("a"));
        Files.move(kept, root.resolve("b"));
        PixelCache second = open();
        assertHoldsAll(second);
        assertNotEquals(first.fingerprint(), second.fingerprint());
        assertEquals(0, second.decoded(), "the pixels are there, under other names");
        // Another photo of equal size and time in one's place.
        Path file = root.resolve("a/x.bmp");
        Pictures.write(Pictures.smooth(20, 20, 77), file);
        Files.setLastModifiedTime(file, FileTime.fromMillis(1_700_000_000_000L));
        PixelCache third = open();
        assertEquals(1, third.decoded());
        assertHoldsAll(third);
    }

    @Test
    void equalPhotosAreDecodedOnce() throws IOException {
        Files.copy(root.resolve("a/00.png"), root.resolve("a/copy.png"));
        Files.writeString(root.resolve("a/text.jpg"), "no picture");
        Files.writeString(root.resolve("b/text.jpg"), "no picture");
        PixelCache opened = open();
        assertEquals(25, opened.photos().size());
        assertEquals(2, opened.unreadable().size());
        assertHoldsAll(opened);
    }

    @Test
    void theFingerprintIsThatOfThePhotosUsed() throws IOException {
        String all = open().fingerprint();
        assertEquals(all, scan(false).fingerprint());
        Files.writeString(root.resolve("a/text.jpg"), "no picture");
        assertEquals(all, open().fingerprint(), "a photo that cannot be decoded is not used");
        assertNotEquals(all, scan(false).fingerprint());
    }

    @Test
    void aFileWithoutPermissionIsLeftOutAndNamed() throws IOException {
        Path file = root.resolve("a/00.png");
        String whole = scan(false).fingerprint();
        Files.setPosixFilePermissions(file, Set.of());
        Assumptions.assumeFalse(Files.isReadable(file), "this user may read everything");
        PixelCache opened = open();
        assertEquals(23, opened.photos().size());
        assertEquals("permission denied", opened.unreadable().get(0).reason());
        assertNotEquals(whole, opened.fingerprint());
    }

    /** One byte of every photo's pixels, as a failing disk or another program would change it. */
    @Test
    void changedPixelsAreDecodedAgain() throws IOException {
        PixelCache first = open();
        Path segment = segment(first);
        byte[] pixels = Files.readAllBytes(segment);
        for (int i = 100; i < pixels.length; i += 600) {
            pixels[i] ^= 1;
        }
        Files.write(segment, pixels);
        assertHoldsAll(first);
        PixelCache second = open();
        assertTrue(second.decoded() > 10, "decoded " + second.decoded());
        assertTrue(
                second.notes().get(0).contains("have been changed"),
                second.notes().toString());
        assertHoldsAll(second);
        assertEquals(List.of(), open().notes());
    }

    /** Of a mapped file this is an InternalError, thrown somewhere later from compiled code. */
    @Test
    void pixelsThatAreCutWhileTheyAreInUseAreDecodedAgain() throws IOException {
        PixelCache opened = open();
        for (int i = 0; i < 20_000; i++) {
            opened.image(opened.photos().get(i % 24));
        }
        try (FileChannel channel = FileChannel.open(segment(opened), StandardOpenOption.WRITE)) {
            channel.truncate(0);
        }
        assertHoldsAll(opened);
        Photo gone = opened.photos().get(0);
        Files.delete(gone.file());
        InputException e = assertThrows(InputException.class, () -> opened.image(gone));
        assertTrue(e.getMessage().contains("has been damaged, and a photo cannot be decoded again"), e.getMessage());
    }

    private static Path segment(PixelCache cache) throws IOException {
        return files(cache.folder()).stream()
                .filter(f -> f.getFileName().toString().startsWith(SegmentWriter.PREFIX))
                .findFirst()
                .orElseThrow();
    }

    /** Each was a stack trace, or was believed. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "[]",
                "{}",
                "{\"photos\":null}",
                "{\"photos\":[null]}",
                "{\"photos\":[{}]}",
                "{\"photos\":[{\"sha256\":\"a\",\"path\":\"a\",\"width\":1,\"height\":1,\"segment\":\"../lock\",\"offset\":0,\"crc32c\":0}]}",
                "{\"photos\":[{\"sha256\":\"a\",\"path\":\"a\",\"width\":70000,\"height\":70000,\"segment\":\"pixels-0.bin\",\"offset\":0,\"crc32c\":0}]}",
                ""
            })
    void aDamagedIndexIsMadeAgainAndSaid(String text) throws IOException {
        Path index = open().folder().resolve(CacheIndex.FILE);
        Files.writeString(index, text);
        PixelCache again = open();
        assertEquals(24, again.decoded());
        assertEquals(1, again.notes().size(), "a note");
        assertHoldsAll(again);
        assertEquals(List.of(), open().notes());
    }

    @Test
    void anotherScaleHasItsOwnPixels() throws IOException {
        open();
        Preprocess square = new Preprocess(20, 1, Fit.SQUASH, PREPROCESS.mean(), PREPROCESS.std());
        PixelCache other = PixelCache.open(cache, scan(false), square, 2, ProgressListener.NONE);
        assertEquals(24, other.decoded());
        assertEquals(20, other.image(other.photos().get(0)).width());
        assertEquals(0, open().decoded());
    }

    @Test
    void aSmallerSelectionKeepsTheOthersPixels() throws IOException {
        open();
        ImageFolder few = ImageFolder.scan(root, SplitOptions.defaults().withLimitPerClass(1));
        PixelCache some = PixelCache.open(cache, few, PREPROCESS, 1, ProgressListener.NONE);
        assertEquals(6, some.photos().size());
        Pictures.write(Pictures.smooth(25, 25, 98), root.resolve("a/00.png"));
        assertEquals(1, open().decoded());
    }

    @Test
    void unreadablePhotosAreNamedAndLeftOut() throws IOException {
        Files.writeString(root.resolve("a/text.jpg"), "no picture");
        PixelCache opened = open();
        assertEquals(24, opened.photos().size());
        assertEquals(1, opened.unreadable().size());
        assertEquals("a/text.jpg", opened.unreadable().get(0).photo().relative());
        assertEquals(
                "not a picture in a known format", opened.unreadable().get(0).reason());
        assertEquals(1, open().unreadable().size(), "named at every opening");
        InputException e = assertThrows(
                InputException.class, () -> PixelCache.open(cache, scan(true), PREPROCESS, 2, ProgressListener.NONE));
        assertTrue(e.getMessage().contains("a/text.jpg"), e.getMessage());
    }

    @Test
    void aClassWithoutReadablePhotosIsRefused() throws IOException {
        Files.createDirectories(root.resolve("broken"));
        for (int i = 0; i < 4; i++) {
            Files.writeString(root.resolve("broken/" + i + ".jpg"), "no picture");
        }
        InputException e = assertThrows(InputException.class, this::open);
        assertTrue(e.getMessage().startsWith("Class broken has no readable image"), e.getMessage());
    }

    @Test
    void damagedCachesAreMadeAgain() throws IOException {
        PixelCache first = open();
        Path index = first.folder().resolve(CacheIndex.FILE);
        byte[] whole = Files.readAllBytes(index);
        Files.write(index, Arrays.copyOf(whole, whole.length / 2));
        Files.writeString(first.folder().resolve("pixels-orphan.bin"), "left by a killed process");
        Files.writeString(first.folder().resolve(".index.json.1.part"), "likewise");
        PixelCache second = open();
        assertEquals(24, second.decoded());
        assertHoldsAll(second);
        assertEquals(3, files(second.folder()).size(), "index, lock and one file of pixels");
        // An index that speaks of more pixels than there are.
        for (Path file : files(second.folder())) {
            if (file.getFileName().toString().startsWith(SegmentWriter.PREFIX)) {
                byte[] pixels = Files.readAllBytes(file);
                Files.delete(file);
                Files.write(file, Arrays.copyOf(pixels, pixels.length / 2));
            }
        }
        PixelCache third = open();
        assertTrue(third.decoded() >= 11 && third.decoded() < 24, "decoded " + third.decoded());
        assertHoldsAll(third);
    }

    @Test
    void aPlaceThatCannotBeWrittenIsNamed() throws IOException {
        Files.createFile(cache);
        InputException e = assertThrows(InputException.class, this::open);
        assertTrue(e.getMessage().startsWith("Cannot write the photo cache in " + cache), e.getMessage());
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }

    @Test
    void aFailureInTheMiddleLeavesAUsableCache() throws IOException {
        assertThrows(
                IllegalStateException.class,
                () -> PixelCache.open(cache, scan(false), PREPROCESS, 2, (done, total) -> {
                    if (done == 10) {
                        throw new IllegalStateException("stopped by the caller");
                    }
                }));
        assertHoldsAll(open());
    }

    /** Fills the cache; with a second argument it dies without any clearing up after that many photos. */
    public static final class Filler {
        private Filler() {}

        public static void main(String[] args) {
            ImageFolder data = ImageFolder.scan(Path.of(args[0]), SplitOptions.defaults());
            int limit = args.length > 2 ? Integer.parseInt(args[2]) : Integer.MAX_VALUE;
            PixelCache.open(Path.of(args[1]), data, PREPROCESS, 2, (done, total) -> {
                if (done == limit) {
                    Runtime.getRuntime().halt(9);
                }
            });
        }
    }

    private Process filler(String... more) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                Filler.class.getName(),
                root.toString(),
                cache.toString()));
        command.addAll(List.of(more));
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(new File(temp.toFile(), "filler" + System.nanoTime() + ".log"))
                .start();
    }

    @Test
    void otherProcessesMayDieOrFillAtTheSameTime() throws Exception {
        Process killed = filler("7");
        assertTrue(killed.waitFor(60, TimeUnit.SECONDS));
        assertEquals(9, killed.exitValue());
        Process beside = filler();
        PixelCache ours = open();
        assertHoldsAll(ours);
        assertTrue(beside.waitFor(60, TimeUnit.SECONDS));
        assertEquals(0, beside.exitValue());
        assertHoldsAll(ours);
        PixelCache after = open();
        assertEquals(0, after.decoded());
        assertHoldsAll(after);
    }
}
