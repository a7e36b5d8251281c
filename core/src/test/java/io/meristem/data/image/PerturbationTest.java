package io.meristem.data.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.InputException;
import io.meristem.data.image.Perturbation.Kind;
import io.meristem.testing.Pictures;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class PerturbationTest {

    private static final float[] HALF = {0.5f, 0.5f, 0.5f};
    private static final Preprocess CROP = new Preprocess(28, 0.875, Fit.CROP, HALF, HALF);
    private static final Preprocess SQUASH = new Preprocess(28, 1, Fit.SQUASH, HALF, HALF);

    private static RgbImage smooth(int width, int height, int seed) {
        return PixelReader.toRgb(Pictures.smooth(width, height, seed));
    }

    @ParameterizedTest
    @EnumSource
    void levelZeroIsEvaluation(Kind kind) {
        for (Preprocess preprocess : new Preprocess[] {CROP, SQUASH}) {
            for (int[] sides : new int[][] {{90, 60}, {20, 33}, {1, 1}, {400, 9}}) {
                RgbImage photo = Pictures.random(sides[0], sides[1], 1);
                RgbImage scaled = preprocess.scaled(photo);
                RgbImage same = new Perturbation(kind, 0).apply(photo, preprocess, 5);
                assertEquals(scaled.width(), same.width());
                assertArrayEquals(scaled.rgb(), same.rgb());
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void pixelsSeedAndKindSayWhatHappens(Kind kind) {
        RgbImage photo = smooth(60, 50, 1);
        byte[] before = photo.rgb().clone();
        Perturbation some = new Perturbation(kind, 4);
        byte[] first = some.apply(photo, CROP, 1).rgb();
        assertArrayEquals(first, some.apply(smooth(60, 50, 1), CROP, 1).rgb());
        assertArrayEquals(before, photo.rgb(), "the photo is not written to");
        assertFalse(Arrays.equals(first, some.apply(photo, CROP, 2).rgb()));
        for (int level = 1; level <= Perturbation.MAX_LEVEL; level++) {
            RgbImage changed = new Perturbation(kind, level).apply(photo, CROP, 1);
            assertFalse(Arrays.equals(CROP.scaled(photo).rgb(), changed.rgb()), "level " + level);
        }
    }

    /** Photos that differ in one pixel have random numbers of their own. */
    @Test
    void photosAreChangedOnTheirOwn() {
        RgbImage photo = smooth(60, 50, 1);
        RgbImage other = smooth(60, 50, 1);
        other.rgb()[0] ^= 1;
        Perturbation noise = new Perturbation(Kind.NOISE, 3);
        byte[] a = noise.apply(photo, CROP, 1).rgb();
        byte[] b = noise.apply(other, CROP, 1).rgb();
        int same = 0;
        for (int i = 0; i < a.length; i++) {
            same += a[i] == b[i] ? 1 : 0;
        }
        assertTrue(same < a.length / 5, same + " of " + a.length + " values are the same");
    }

    @ParameterizedTest
    @EnumSource
    void higherLevelsChangeMore(Kind kind) {
        double[] distance = new double[Perturbation.MAX_LEVEL + 1];
        for (int photo = 0; photo < 40; photo++) {
            RgbImage picture = smooth(64 + photo % 7, 56, 13 * photo);
            byte[] clean = CROP.centre(CROP.scaled(picture)).rgb();
            for (int level = 0; level < distance.length; level++) {
                byte[] changed = CROP.centre(new Perturbation(kind, level).apply(picture, CROP, 3))
                        .rgb();
                for (int i = 0; i < clean.length; i++) {
                    distance[level] += Math.abs((clean[i] & 0xff) - (changed[i] & 0xff)) / (40.0 * clean.length);
                }
            }
        }
        assertEquals(0, distance[0]);
        for (int level = 1; level < distance.length; level++) {
            assertTrue(distance[level] > 1.1 * distance[level - 1], kind + ": " + Arrays.toString(distance));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void noiseHasMeanZeroAndItsSigma(int level) {
        byte[] grey = new byte[3 * 300 * 300];
        Arrays.fill(grey, (byte) 127);
        Preprocess asItIs = new Preprocess(300, 1, Fit.CROP, HALF, HALF);
        Perturbation noise = new Perturbation(Kind.NOISE, level);
        byte[] noisy = noise.apply(new RgbImage(300, 300, grey), asItIs, 11).rgb();
        double sum = 0;
        double squares = 0;
        double neighbours = 0;
        for (int i = 0; i < noisy.length; i++) {
            double d = (noisy[i] & 0xff) - 127;
            sum += d;
            squares += d * d;
            neighbours += i == 0 ? 0 : d * ((noisy[i - 1] & 0xff) - 127);
        }
        int n = noisy.length;
        double sigma = noise.strength();
        assertEquals(0, sum / n, 4 * sigma / Math.sqrt(n));
        // Rounding adds the variance of a uniform error.
        assertEquals(Math.sqrt(sigma * sigma + 1 / 12.0), Math.sqrt(squares / n), 0.006 * sigma);
        assertEquals(0, neighbours / squares, 4 / Math.sqrt(n));
    }

    /** On a photo whose levels are its columns and rows, those of the crop say where it was. */
    @ParameterizedTest
    @ValueSource(ints = {1, 3, 5})
    void cropsKeepTheirShareAndShapeAnywhere(int level) {
        byte[] rgb = new byte[3 * 240 * 160];
        for (int i = 0; i < 240 * 160; i++) {
            rgb[3 * i] = (byte) (i % 240);
            rgb[3 * i + 1] = (byte) (i / 240);
        }
        RgbImage photo = new RgbImage(240, 160, rgb);
        Perturbation crop = new Perturbation(Kind.CROP, level);
        double side = Math.sqrt(crop.strength());
        Preprocess preprocess = new Preprocess(80, 1, Fit.CROP, HALF, HALF);
        double left = 0;
        for (int seed = 0; seed < 400; seed++) {
            RgbImage view = crop.apply(photo, preprocess, seed);
            assertEquals(120, view.width(), 2);
            assertEquals(240 * side, view.get(view.width() - 1, 9, 0) - view.get(0, 9, 0), 4);
            assertEquals(160 * side, view.get(9, view.height() - 1, 1) - view.get(9, 0, 1), 4);
            left += view.get(0, 0, 0) / 400.0;
        }
        double room = 240 - 240 * side;
        assertEquals(room / 2, left, 4 * room / Math.sqrt(12 * 400) + 1.5);
    }

    @Test
    void settingsReadWithTheirUnits() {
        assertEquals("sigma 2.5/255", new Perturbation(Kind.NOISE, 1).setting());
        assertEquals("60 % of the area", new Perturbation(Kind.CROP, 3).setting());
        assertEquals("0.4, hue 0.04", new Perturbation(Kind.JITTER, 3).setting());
        assertEquals("up to 90 degrees", new Perturbation(Kind.ROTATION, 5).setting());
        assertEquals("rotation:5", new Perturbation(Kind.ROTATION, 5).toString());
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 6})
    void levelsAreChecked(int level) {
        InputException e = assertThrows(InputException.class, () -> new Perturbation(Kind.CROP, level));
        assertTrue(e.getMessage().contains("crop") && e.getMessage().contains("" + level), e.getMessage());
    }
}
