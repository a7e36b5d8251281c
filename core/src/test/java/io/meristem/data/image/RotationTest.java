package io.meristem.data.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.meristem.data.image.Perturbation.Original;
import io.meristem.testing.Pictures;
import org.junit.jupiter.api.Test;

class RotationTest {

    private static final float[] HALF = {0.5f, 0.5f, 0.5f};

    /** Three channels, the second and third mirrored across and down, so that each is turned its own way. */
    private static RgbImage picture(int w, int h) {
        byte[] rgb = new byte[3 * w * h];
        for (int y = 0; y < h; y++) {
            for (int x = 0; x < w; x++) {
                int at = (y * w + x) * 3;
                rgb[at] = level(x, y);
                rgb[at + 1] = level(w - 1 - x, y);
                rgb[at + 2] = level(x, h - 1 - y);
            }
        }
        return new RgbImage(w, h, rgb);
    }

    private static byte level(int x, int y) {
        return (byte) ((x * x * 23 + x * y * 41 + y * 57) % 256);
    }

    /** Numbers printed by bench/peers/rotate_fixture.py: mirrored corners and all. */
    @Test
    void turnsAsTorchvision() {
        assertTurned(
                30, 77.30, 122.81, 194.27, 102.62, 69.95, 106.47, 143.09, 20.74, 93.34, 166.62, 96.56, 61.40, 95.41,
                183.80, 45.98, 150.47, 161.85, 55.00, 40.64, 61.17, 168.03, 77.86, 182.78, 163.52, 222.63, 163.52,
                172.36, 102.79, 127.23, 141.69, 102.78, 167.35, 155.92, 209.51, 122.23);
        assertTurned(
                -100, 152.52, 150.31, 118.15, 164.07, 145.23, 47.82, 11.72, 160.50, 144.34, 232.29, 137.35, 197.91,
                94.67, 57.10, 194.95, 182.14, 193.24, 55.00, 147.10, 167.02, 147.09, 156.69, 150.65, 24.11, 48.38,
                93.97, 146.44, 155.64, 165.98, 130.85, 93.89, 72.35, 71.42, 81.51, 85.01);
    }

    private static void assertTurned(double degrees, double... expected) {
        RgbImage turned = Rotation.turn(picture(7, 5), degrees, 1);
        RgbImage back = Rotation.turn(picture(7, 5), -degrees, 1);
        for (int i = 0; i < expected.length; i++) {
            int x = i % 7;
            int y = i / 7;
            assertEquals(expected[i], turned.get(x, y, 0), 0.52, "at " + x + ", " + y);
            // What is mirrored before is turned the other way and mirrored after.
            assertEquals(expected[i], back.get(6 - x, y, 1), 0.52);
            assertEquals(expected[i], back.get(x, 4 - y, 2), 0.52);
        }
    }

    @Test
    void aWholeTurnAndQuarterTurnsMovePixels() {
        RgbImage picture = Pictures.random(6, 6, 3);
        assertArrayEquals(picture.rgb(), Rotation.turn(picture, 360, 1).rgb());
        RgbImage quarter = Rotation.turn(picture, 90, 1);
        RgbImage half = Rotation.turn(picture, 180, 1);
        for (int y = 0; y < 6; y++) {
            for (int x = 0; x < 6; x++) {
                assertEquals(picture.get(5 - y, x, 0), quarter.get(x, y, 0), "to the left");
                assertEquals(picture.get(5 - x, 5 - y, 2), half.get(x, y, 2));
            }
        }
    }

    /** A squashed photo is turned as the photo is: a wide one by a quarter turn, then squashed, is the mirrored middle of it, twice as coarse. */
    @Test
    void squashedPhotosTurnInTheirOwnShape() {
        int w = 80;
        int h = 40;
        byte[] rgb = new byte[3 * w * h];
        for (int i = 0; i < w * h; i++) {
            rgb[3 * i] = (byte) (i % w * 3);
            rgb[3 * i + 1] = (byte) (i / w * 3);
        }
        RgbImage photo = new RgbImage(w, h, rgb);
        Preprocess squash = new Preprocess(20, 1, Fit.SQUASH, HALF, HALF);
        RgbImage turned = Rotation.of(Original.of(photo, squash), 90);
        assertEquals(20, turned.width());
        // Column c, row r of the square is the photo's point (4 c + 2, 2 r + 1); it was (59 - its row, its column -
        // 20).
        for (int r = 1; r < 19; r++) {
            for (int c = 6; c < 14; c++) {
                assertEquals(3 * (59 - (2 * r + 0.5)), turned.get(c, r, 0), 6);
                assertEquals(3 * (4 * c + 1.5 - 20), turned.get(c, r, 1), 6);
            }
        }
    }

    @Test
    void theFrameStaysAndNoTurnChangesNothing() {
        for (Fit fit : Fit.values()) {
            Preprocess preprocess = new Preprocess(24, 0.875, fit, HALF, HALF);
            for (int[] sides : new int[][] {{100, 75}, {31, 97}, {1, 1}, {1, 300}, {700, 3}}) {
                Original original = Original.of(Pictures.random(sides[0], sides[1], 5), preprocess);
                assertSame(original.scaled(), Rotation.of(original, 0));
                RgbImage turned = Rotation.of(original, 33);
                assertEquals(original.scaled().width(), turned.width());
                assertEquals(original.scaled().height(), turned.height());
            }
        }
    }
}
