package io.meristem.data.folder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.InputException;
import io.meristem.testing.Pictures;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageFolderTest {

    private static final SplitOptions DEFAULTS = SplitOptions.defaults();

    @TempDir
    Path temp;

    private Path root;

    @BeforeEach
    void nameRoot() {
        root = temp.resolve("leaves");
    }

    /** Files with the right names; only decoding would notice that they are no pictures. */
    private void fill(String folder, int count) throws IOException {
        Files.createDirectories(root.resolve(folder));
        for (int i = 0; i < count; i++) {
            Files.writeString(root.resolve(folder).resolve(String.format(Locale.ROOT, "p%03d.jpg", i)), folder + i);
        }
    }

    private static int count(ImageFolder data, String name, Split split) {
        return data.counts().get(name).get(split);
    }

    @Test
    void plainClassFoldersAreSplitByClass() throws IOException {
        fill("rust", 40);
        fill("healthy", 100);
        fill("miner", 4);
        ImageFolder data = ImageFolder.scan(root, DEFAULTS);
        assertEquals(List.of("healthy", "miner", "rust"), data.classes());
        assertEquals(70, count(data, "healthy", Split.TRAIN));
        assertEquals(15, count(data, "healthy", Split.VAL));
        assertEquals(15, count(data, "healthy", Split.TEST));
        assertEquals(6, count(data, "rust", Split.VAL));
        assertEquals(1, count(data, "miner", Split.VAL));
        assertEquals(1, count(data, "miner", Split.TEST));
        assertEquals(144, data.photos().size());
        assertTrue(data.notes().get(0).contains("not divided"), data.notes().toString());
        for (Photo photo : data.photos()) {
            assertEquals(data.classes().get(photo.label()), photo.relative().split("/")[0]);
        }
    }

    @Test
    void theSplitFollowsTheSeedAlone() throws IOException {
        fill("a", 30);
        fill("b", 30);
        List<Photo> first = ImageFolder.scan(root, DEFAULTS).photos();
        assertEquals(first, ImageFolder.scan(root, DEFAULTS).photos());
        assertNotEquals(first, ImageFolder.scan(root, DEFAULTS.withSeed(1)).photos());
    }

    @Test
    void givenSidesStayAndMissingOnesAreCarvedOut() throws IOException {
        Files.createDirectories(root.resolve("test/a"));
        for (String name : List.of("a", "b")) {
            fill("Train/" + name, 20);
            fill("validation/" + name, 5);
        }
        ImageFolder data = ImageFolder.scan(root, DEFAULTS);
        assertEquals(5, count(data, "a", Split.VAL));
        assertEquals(3, count(data, "a", Split.TEST));
        assertEquals(17, count(data, "a", Split.TRAIN));
        assertTrue(data.photos(Split.TEST).stream().allMatch(p -> p.relative().startsWith("Train/")));
        assertTrue(
                data.notes().stream().anyMatch(n -> n.contains("has no test side")),
                data.notes().toString());
    }

    @Test
    void groupsStayWholeAndClassesBalanced() throws IOException {
        StringBuilder csv = new StringBuilder("file;x,leaf,path\n");
        Map<String, String> group = new HashMap<>();
        for (String name : List.of("a", "b", "c")) {
            fill(name, 60);
            for (int i = 0; i < 50; i++) {
                String path = String.format(Locale.ROOT, "%s/p%03d.jpg", name, i);
                // Leaves of one to nine photos; the last ten photos of each class stand alone.
                group.put(path, name + (int) Math.sqrt(i));
                csv.append("1,")
                        .append(group.get(path))
                        .append(',')
                        .append(path)
                        .append('\n');
            }
        }
        csv.append("2,,a/p055.jpg\n3,zz,a/absent.jpg\n");
        Files.writeString(temp.resolve("leaves/groups.csv"), csv);
        SplitOptions options = DEFAULTS.withGroups(root.resolve("groups.csv"), "leaf", "path");
        for (int seed = 0; seed < 5; seed++) {
            ImageFolder data = ImageFolder.scan(root, options.withSeed(seed));
            Map<String, Set<Split>> sides = new HashMap<>();
            for (Photo photo : data.photos()) {
                assertEquals(group.get(photo.relative()), photo.group());
                if (photo.group() != null) {
                    sides.computeIfAbsent(photo.group(), k -> new HashSet<>()).add(photo.split());
                }
            }
            assertTrue(sides.values().stream().allMatch(s -> s.size() == 1));
            for (String name : data.classes()) {
                assertEquals(42, count(data, name, Split.TRAIN), 3);
                assertEquals(9, count(data, name, Split.VAL), 3);
                assertEquals(9, count(data, name, Split.TEST), 3);
            }
            assertEquals(
                    data.photos(),
                    ImageFolder.scan(root, options.withSeed(seed)).photos());
        }
    }

    @Test
    void groupsDoNotMovePhotosOfGivenSidesButLeaksAreNoted() throws IOException {
        for (String side : List.of("train", "val", "test")) {
            fill(side + "/a", 4);
            fill(side + "/b", 4);
        }
        Files.writeString(
                root.resolve("manifest.csv"),
                "path,group\ntrain/a/p000.jpg,L1\ntest/a/p001.jpg,L1\ntest/b/p000.jpg,L2\n");
        ImageFolder data = ImageFolder.scan(root, DEFAULTS.withGroups(root.resolve("manifest.csv"), null, null));
        assertEquals(4, count(data, "a", Split.TEST));
        assertTrue(
                data.notes().stream().anyMatch(n -> n.startsWith("1 of 8 test photos share a group")),
                data.notes().toString());
    }

    @Test
    void everySideGetsSomeOfAClassWithFewGroups() throws IOException {
        StringBuilder csv = new StringBuilder("path,group\n");
        for (String name : List.of("a", "b")) {
            fill(name, 30);
            for (int i = 0; i < 30; i++) {
                csv.append(String.format(Locale.ROOT, "%s/p%03d.jpg,%s%d%n", name, i, name, i / 10));
            }
        }
        Files.writeString(root.resolve("g.csv"), csv);
        ImageFolder data = ImageFolder.scan(root, DEFAULTS.withGroups(root.resolve("g.csv"), null, null));
        for (String name : data.classes()) {
            for (Split split : Split.values()) {
                assertEquals(10, count(data, name, split));
            }
        }
    }

    @Test
    void theLimitTakesASeededSubset() throws IOException {
        fill("a", 40);
        fill("b", 40);
        ImageFolder data = ImageFolder.scan(root, DEFAULTS.withLimitPerClass(4));
        for (Split split : Split.values()) {
            assertEquals(4, count(data, "a", split));
        }
        Set<Photo> all = new HashSet<>(ImageFolder.scan(root, DEFAULTS).photos());
        assertTrue(all.containsAll(data.photos()), "the limit must not move photos to another side");
    }

    @Test
    void passesOverWhatIsNoPhotoAndSaysSo() throws IOException {
        fill("a", 5);
        fill("b", 5);
        fill("__MACOSX/a", 1);
        fill(".cache", 1);
        Files.writeString(root.resolve("a/._p000.jpg"), "x");
        Files.writeString(root.resolve("a/UPPER.JPEG"), "x");
        Files.writeString(root.resolve("a/scan.tiff"), "x");
        Files.writeString(root.resolve("a/notes.txt"), "x");
        Files.createFile(root.resolve("b/empty.png"));
        Files.createSymbolicLink(root.resolve("b/link.png"), root.resolve("b/p000.jpg"));
        Files.createSymbolicLink(root.resolve("b/broken.png"), root.resolve("b/nothing.png"));
        Files.createSymbolicLink(root.resolve("b/loop"), root.resolve("b"));
        fill("a/deeper", 1);
        Files.writeString(root.resolve("stray.jpg"), "x");
        ImageFolder data = ImageFolder.scan(root, DEFAULTS);
        assertEquals(List.of("a", "b"), data.classes());
        assertEquals(5 + 5 + 3, data.photos().size());
        Map<String, String> skipped = new HashMap<>();
        data.skipped().forEach(s -> skipped.put(s.relative(), s.reason()));
        assertEquals(
                Set.of("a/scan.tiff", "a/notes.txt", "b/empty.png", "b/broken.png", "b/loop", "stray.jpg"),
                skipped.keySet());
        assertEquals("empty file", skipped.get("b/empty.png"));
        String strict = message(root, DEFAULTS.withStrict(true));
        assertTrue(strict.contains("4 picture(s)") && strict.contains("a/scan.tiff"), strict);
    }

    @Test
    void theFingerprintFollowsNamesAndContentOnly() throws IOException {
        fill("a", 6);
        fill("b", 6);
        String before = ImageFolder.scan(root, DEFAULTS).fingerprint();
        assertEquals(64, before.length());
        Files.setLastModifiedTime(root.resolve("a/p000.jpg"), FileTime.fromMillis(1));
        assertEquals(before, ImageFolder.scan(root, DEFAULTS.withSeed(9)).fingerprint());
        Files.writeString(root.resolve("a/p000.jpg"), "b0"); // as long as before
        assertNotEquals(before, ImageFolder.scan(root, DEFAULTS).fingerprint());
    }

    private static String message(Path folder, SplitOptions options) {
        return assertThrows(InputException.class, () -> ImageFolder.scan(folder, options))
                .getMessage();
    }

    private static void assertSays(String message, String... parts) {
        for (String part : parts) {
            assertTrue(message.contains(part), message);
        }
        assertEquals(1, message.lines().count(), message);
    }

    @Test
    void badFoldersGetOneSentence() throws IOException {
        assertSays(message(root, DEFAULTS), "no folder", root.toString());
        Files.createDirectories(root);
        assertSays(message(root, DEFAULTS), "no image");
        Path file = Files.createFile(temp.resolve("file"));
        assertSays(message(file, DEFAULTS), "is a file");
        fill("only", 3);
        assertSays(message(root, DEFAULTS), "single class (only)");
        fill("empty", 0);
        assertSays(message(root, DEFAULTS), root.resolve("empty").toString(), "has no image");
        fill("test/only", 3);
        assertSays(message(root, DEFAULTS), "no folder train");
    }

    @Test
    void sidesMustHaveKnownClasses() throws IOException {
        fill("train/a", 3);
        fill("train/b", 3);
        fill("test/a", 3);
        fill("test/c", 3);
        assertSays(message(root, DEFAULTS), root.resolve("test/c").toString(), "no counterpart");
        fill("val/a", 2);
        Files.move(root.resolve("test/c"), root.resolve("test/b"));
        ImageFolder data = ImageFolder.scan(root, DEFAULTS);
        assertTrue(
                data.notes().contains("The validation side has no photo of b."),
                data.notes().toString());
        fill("valid/a", 2);
        assertSays(message(root, DEFAULTS), "holds both");
    }

    @Test
    void badGroupTablesGetOneSentence() throws IOException {
        fill("a", 3);
        fill("b", 3);
        assertSays(message(root, DEFAULTS.withGroups(root.resolve("no.csv"), null, null)), "no file");
        Path csv = root.resolve("g.csv");
        Files.writeString(csv, "file,leaf\na/p000.jpg,1\n");
        assertSays(message(root, DEFAULTS.withGroups(csv, "leaf", null)), "no column path", "file, leaf");
        Files.writeString(csv, "path,group\nelsewhere.jpg,1\n");
        assertSays(message(root, DEFAULTS.withGroups(csv, null, null)), "None of the 1 rows");
        Files.writeString(csv, "");
        assertSays(message(root, DEFAULTS.withGroups(csv, null, null)), csv.toString());
    }

    @Test
    void badOptionsGetOneSentence() {
        assertSays(
                assertThrows(InputException.class, () -> DEFAULTS.withFractions(0.6, 0.4))
                        .getMessage(),
                "below 1");
        assertThrows(InputException.class, () -> DEFAULTS.withLimitPerClass(-1));
        assertThrows(InputException.class, () -> DEFAULTS.withGroups(null, "leaf", null));
    }

    @Test
    void realPicturesCountToo() {
        Pictures.classes(root, 3, "x", "y");
        Pictures.write(new BufferedImage(3, 3, BufferedImage.TYPE_INT_RGB), root.resolve("x/small.bmp"));
        assertEquals(7, ImageFolder.scan(root, DEFAULTS).photos().size());
    }
}
