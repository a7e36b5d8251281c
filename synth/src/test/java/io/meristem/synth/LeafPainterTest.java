package io.meristem.synth;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.InputException;
import java.awt.image.BufferedImage;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LeafPainterTest {
    private final LeafPainter painter = new LeafPainter(LeafOptions.standard());

    static int[] pixels(BufferedImage image) {
        return image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
    }

    private static int[] levels(BufferedImage mask) {
        return mask.getRaster().getPixels(0, 0, mask.getWidth(), mask.getHeight(), (int[]) null);
    }

    @ParameterizedTest
    @EnumSource
    void drawsTheSamePixelsOnAnyThread(LeafClass leafClass) {
        int[][] alone = IntStream.range(0, 6)
                .mapToObj(i -> pixels(painter.paint(leafClass, 11, i, 48)))
                .toArray(int[][]::new);
        int[][] together = IntStream.range(0, 6)
                .parallel()
                .mapToObj(i -> pixels(new LeafPainter(LeafOptions.standard()).paint(leafClass, 11, i, 48)))
                .toArray(int[][]::new);
        for (int i = 0; i < alone.length; i++) {
            assertArrayEquals(alone[i], together[i]);
        }
        assertFalse(Arrays.equals(alone[0], alone[1]), "another index is another picture");
        assertFalse(Arrays.equals(alone[0], pixels(painter.paint(leafClass, 12, 0, 48))), "so is another seed");
    }

    @ParameterizedTest
    @EnumSource
    void showsASymptomExactlyWhenTheClassSaysSo(LeafClass leafClass) {
        LeafPainter faint = new LeafPainter(new LeafOptions(0f, 0.1f, 1f, 8, 1f));
        for (int size : new int[] {32, 61}) {
            for (int index = 0; index < 8; index++) {
                for (LeafPainter each : new LeafPainter[] {painter, faint}) {
                    LeafPicture picture = each.paintWithMask(leafClass, 5, index, size);
                    int[] levels = levels(picture.mask());
                    assertTrue(Arrays.stream(levels).allMatch(v -> v == 0 || v == 255));
                    assertEquals(
                            leafClass.diseased(),
                            Arrays.stream(levels).anyMatch(v -> v == 255),
                            leafClass + " " + index + " at " + size);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void drawsAnySize(LeafClass leafClass) {
        for (int size : new int[] {16, 33, 128, 256}) {
            LeafPicture picture = painter.paintWithMask(leafClass, 3, 1, size);
            assertEquals(size, picture.image().getWidth());
            assertEquals(size, picture.mask().getHeight());
            assertTrue(Arrays.stream(pixels(picture.image())).distinct().count() > 50, "a picture, not a plain area");
        }
    }

    @Test
    void sharesTheLeafButNotThePhoto() {
        LeafPicture first = painter.paintWithMask(LeafClass.RUST, 5, 3, 0, 64);
        LeafPicture second = painter.paintWithMask(LeafClass.RUST, 5, 3, 1, 64);
        assertFalse(Arrays.equals(pixels(first.image()), pixels(second.image())));
        assertArrayEquals(pixels(first.image()), pixels(painter.paint(LeafClass.RUST, 5, 3, 64)));
    }

    @Test
    void meanColourDoesNotGiveTheClassAway() {
        int perClass = 24;
        LeafClass[] classes = LeafClass.values();
        double[][][] colours = new double[classes.length][2 * perClass][];
        IntStream.range(0, classes.length * 2 * perClass).parallel().forEach(k -> {
            int c = k % classes.length;
            int i = k / classes.length;
            colours[c][i] = meanColour(painter.paint(classes[c], 21, i, 32));
        });
        double[][] centres = new double[classes.length][3];
        for (int c = 0; c < classes.length; c++) {
            for (int i = 0; i < perClass; i++) {
                for (int k = 0; k < 3; k++) {
                    centres[c][k] += colours[c][i][k] / perClass;
                }
            }
        }
        int right = 0;
        for (int c = 0; c < classes.length; c++) {
            for (int i = perClass; i < 2 * perClass; i++) {
                right += nearest(centres, colours[c][i]) == c ? 1 : 0;
            }
        }
        double accuracy = (double) right / (classes.length * perClass);
        assertTrue(accuracy < 0.3, "nearest mean colour reaches " + accuracy);
    }

    private static double[] meanColour(BufferedImage image) {
        double[] sum = new double[3];
        int[] pixels = pixels(image);
        for (int p : pixels) {
            sum[0] += (p >> 16 & 0xff) / (double) pixels.length;
            sum[1] += (p >> 8 & 0xff) / (double) pixels.length;
            sum[2] += (p & 0xff) / (double) pixels.length;
        }
        return sum;
    }

    private static int nearest(double[][] centres, double[] colour) {
        int best = 0;
        double least = Double.MAX_VALUE;
        for (int c = 0; c < centres.length; c++) {
            double d = 0;
            for (int k = 0; k < 3; k++) {
                d += (centres[c][k] - colour[k]) * (centres[c][k] - colour[k]);
            }
            if (d < least) {
                least = d;
                best = c;
            }
        }
        return best;
    }

    @Test
    void refusesOptionsThatCannotBe() {
        assertThrows(InputException.class, () -> new LeafOptions(0.8f, 0.2f, 1f, 1, 0f));
        assertThrows(InputException.class, () -> new LeafOptions(0f, Float.NaN, 1f, 1, 0f));
        assertThrows(InputException.class, () -> new LeafOptions(0f, 1f, 1f, 9, 0f));
        assertThrows(InputException.class, () -> painter.paint(LeafClass.RUST, 1, 1, 8));
    }

    @Test
    void drawsWhatEveryMachineDraws() {
        // Fixed sums: a change here means that every drawn data set, and what was trained on it, changes too.
        assertEquals("5dc0b980", checksum(painter.paint(LeafClass.LEAF_SPOT, 1, 2, 64)));
        assertEquals("f90c07bf", checksum(painter.paint(LeafClass.HEALTHY, 1, 2, 96)));
        assertEquals("99977291", checksum(new PatternPainter().paint(20, 1, 2, 64)));
    }

    private static String checksum(BufferedImage image) {
        CRC32 crc = new CRC32();
        for (int pixel : pixels(image)) {
            crc.update(pixel >> 16);
            crc.update(pixel >> 8);
            crc.update(pixel);
        }
        return Long.toHexString(crc.getValue());
    }
}
