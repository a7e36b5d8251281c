package io.meristem.synth;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.InputException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PatternPainterTest {
    private final PatternPainter painter = new PatternPainter();

    @Test
    void hasManyClassesWithNamesOfTheirOwn() {
        Set<String> names = new HashSet<>();
        for (int c = 0; c < painter.classes(); c++) {
            String name = painter.name(c);
            assertTrue(name.matches("[a-z_]+"), name);
            assertTrue(names.add(name), name + " occurs twice");
        }
        assertTrue(names.size() >= 40);
        for (LeafClass leafClass : LeafClass.values()) {
            assertFalse(names.contains(leafClass.folder()));
        }
    }

    @Test
    void drawsTheSamePixelsOnAnyThread() {
        int n = painter.classes();
        int[][] together = IntStream.range(0, n)
                .parallel()
                .mapToObj(c -> LeafPainterTest.pixels(painter.paint(c, 9, 2, 40)))
                .toArray(int[][]::new);
        for (int c = 0; c < n; c++) {
            assertArrayEquals(together[c], LeafPainterTest.pixels(new PatternPainter().paint(c, 9, 2, 40)));
            assertFalse(Arrays.equals(together[c], LeafPainterTest.pixels(painter.paint(c, 9, 3, 40))));
        }
    }

    @Test
    void drawsEveryClassAtEverySize() {
        IntStream.range(0, painter.classes()).parallel().forEach(c -> {
            for (int size : new int[] {16, 77, 256}) {
                assertEquals(size, painter.paint(c, 1, size, size).getWidth());
            }
            for (int index = 0; index < 8; index++) {
                int[] pixels = LeafPainterTest.pixels(painter.paint(c, 4, index, 32));
                assertTrue(Arrays.stream(pixels).distinct().count() > 8, painter.name(c) + " " + index + " is blank");
            }
        });
    }

    @Test
    void refusesAClassThatIsNotThere() {
        assertThrows(InputException.class, () -> painter.paint(-1, 1, 1, 32));
        assertThrows(InputException.class, () -> painter.name(painter.classes()));
        assertThrows(InputException.class, () -> painter.paint(0, 1, 1, 4));
    }
}
