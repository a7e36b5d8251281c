package io.meristem.synth;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.InputException;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SyntheticFolderTest {
    @TempDir
    Path dir;

    private static List<Path> entries(Path folder) throws IOException {
        try (Stream<Path> list = Files.list(folder)) {
            return list.toList();
        }
    }

    private static SynthOptions small(int photosPerLeaf) {
        return SynthOptions.leaves(4, 2, 1, 32, 5).withPhotosPerLeaf(photosPerLeaf);
    }

    @Test
    void writesSplitsClassesManifestAndNote() throws IOException {
        Path out = dir.resolve("leaves");
        int[] last = new int[2];
        SyntheticFolder.write(out, small(2), (done, of) -> {
            assertEquals(last[0] + 1, done);
            last[0] = done;
            last[1] = of;
        });
        int classes = LeafClass.values().length;
        assertEquals(7 * classes, last[0]);
        assertEquals(last[0], last[1]);
        assertEquals(List.of(out), entries(dir), "nothing but the folder is left");
        for (LeafClass leafClass : LeafClass.values()) {
            assertEquals(
                    4, entries(out.resolve("train").resolve(leafClass.folder())).size());
            assertEquals(
                    2, entries(out.resolve("val").resolve(leafClass.folder())).size());
            assertEquals(
                    1, entries(out.resolve("test").resolve(leafClass.folder())).size());
        }
        assertTrue(Files.readString(out.resolve(SyntheticFolder.NOTE)).contains("None is a photograph"));

        List<String> lines = Files.readAllLines(out.resolve(SyntheticFolder.MANIFEST));
        assertEquals("path,class,split,group,seed", lines.get(0));
        assertEquals(7 * classes, lines.size() - 1);
        Map<String, String> splitOfGroup = new HashMap<>();
        Map<String, Integer> groupSizes = new HashMap<>();
        for (String line : lines.subList(1, lines.size())) {
            String[] cells = line.split(",", -1);
            BufferedImage image = ImageIO.read(out.resolve(cells[0]).toFile());
            assertEquals(32, image.getWidth());
            assertTrue(cells[0].startsWith(cells[2] + "/" + cells[1] + "/"), line);
            String before = splitOfGroup.put(cells[3], cells[2]);
            assertTrue(before == null || before.equals(cells[2]), "a group stays in one split");
            groupSizes.merge(cells[3], 1, Integer::sum);
        }
        assertEquals(2, groupSizes.get("train-rust-0001"));
    }

    @Test
    void writesTheSameBytesAgain() throws IOException {
        SyntheticFolder.write(dir.resolve("a"), small(1), (done, of) -> {});
        Files.createDirectory(dir.resolve("b"));
        SyntheticFolder.write(dir.resolve("b"), small(1), (done, of) -> {});
        for (String path : List.of("train/rust/0003.jpg", "test/healthy/0000.jpg", SyntheticFolder.MANIFEST)) {
            assertArrayEquals(
                    Files.readAllBytes(dir.resolve("a").resolve(path)),
                    Files.readAllBytes(dir.resolve("b").resolve(path)));
        }
    }

    @Test
    void writesPatternsWithoutEmptySplits() throws IOException {
        Path out = dir.resolve("deep/patterns");
        SyntheticFolder.write(out, SynthOptions.patterns(1, 0, 1, 16, 3), (done, of) -> {});
        assertEquals(
                new PatternPainter().classes(), entries(out.resolve("train")).size());
        assertFalse(Files.exists(out.resolve("val")));
    }

    @Test
    void refusesAFolderThatHoldsSomething() throws IOException {
        Path out = Files.createDirectory(dir.resolve("taken"));
        Path mine = Files.writeString(out.resolve("mine.txt"), "mine");
        InputException e =
                assertThrows(InputException.class, () -> SyntheticFolder.write(out, small(1), (done, of) -> {}));
        assertTrue(e.getMessage().contains(out.toString()), e.getMessage());
        assertThrows(InputException.class, () -> SyntheticFolder.write(mine, small(1), (done, of) -> {}));
        assertThrows(
                InputException.class, () -> SyntheticFolder.write(mine.resolve("deeper"), small(1), (done, of) -> {}));
        assertEquals("mine", Files.readString(mine));
        assertEquals(List.of(out), entries(dir));
    }

    @Test
    void leavesNothingBehindWhenItFails() throws IOException {
        Path out = dir.resolve("broken");
        assertThrows(
                IllegalStateException.class,
                () -> SyntheticFolder.write(out, small(1), (done, of) -> {
                    if (done == 5) {
                        throw new IllegalStateException("stopped from outside");
                    }
                }));
        assertEquals(List.of(), entries(dir));
    }

    @Test
    void leavesNothingBehindWhenInterrupted() throws IOException {
        Path out = dir.resolve("interrupted");
        assertThrows(
                InterruptedIOException.class,
                () -> SyntheticFolder.write(out, small(1), (done, of) -> {
                    if (done == 3) {
                        Thread.currentThread().interrupt();
                    }
                }));
        assertTrue(Thread.interrupted(), "the interrupt is passed on");
        assertEquals(List.of(), entries(dir));
    }

    @Test
    void refusesNumbersThatCannotBe() {
        assertThrows(InputException.class, () -> SynthOptions.leaves(0, 1, 1, 32, 1));
        assertThrows(InputException.class, () -> SynthOptions.leaves(1, -1, 1, 32, 1));
        assertThrows(InputException.class, () -> SynthOptions.leaves(1, 1, 1, 5, 1));
        assertThrows(InputException.class, () -> SynthOptions.patterns(1, 1, 1, 32, 1)
                .withPhotosPerLeaf(3));
        assertThrows(
                InputException.class, () -> SynthOptions.leaves(1, 1, 1, 32, 1).withJpegQuality(0));
    }
}
