package io.meristem.data.feed;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.InputException;
import io.meristem.data.image.ColorJitter;
import io.meristem.data.image.Fit;
import io.meristem.data.image.Normalizer;
import io.meristem.data.image.PhotoSeeds;
import io.meristem.data.image.Planes;
import io.meristem.data.image.Preprocess;
import io.meristem.data.image.RgbImage;
import io.meristem.testing.Pictures;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class AugmentationTest {

    private static final Preprocess PREPROCESS =
            new Preprocess(14, 0.875, Fit.CROP, new float[] {0.5f, 0.4f, 0.3f}, new float[] {0.5f, 0.2f, 0.3f});

    private static float[] view(Augmentation how, RgbImage scaled, long seed, int epoch, int photo) {
        float[] out = new float[PREPROCESS.length()];
        how.view(
                scaled,
                PREPROCESS,
                new Normalizer(PREPROCESS),
                PhotoSeeds.photo(seed, epoch, photo),
                new Planes(14 * 14),
                FloatBuffer.wrap(out),
                0);
        return out;
    }

    @Test
    void noneIsEvaluation() {
        RgbImage scaled = PREPROCESS.scaled(Pictures.random(40, 30, 1));
        float[] evaluation = new float[PREPROCESS.length()];
        new Normalizer(PREPROCESS).centre(scaled, FloatBuffer.wrap(evaluation), 0);
        assertArrayEquals(evaluation, view(Augmentation.NONE, scaled, 1, 2, 3), 1e-6f);
    }

    @Test
    void flipsMirror() {
        RgbImage scaled = PREPROCESS.scaled(Pictures.random(40, 30, 1));
        float[] plain = view(Augmentation.NONE, scaled, 0, 0, 0);
        float[] across = view(Augmentation.NONE.withFlips(1, 0), scaled, 0, 0, 0);
        float[] down = view(Augmentation.NONE.withFlips(0, 1), scaled, 0, 0, 0);
        for (int y = 0; y < 14; y++) {
            for (int x = 0; x < 42; x += 3) {
                assertEquals(plain[y * 42 + x + 1], across[y * 42 + (39 - x) + 1]);
                assertEquals(plain[y * 42 + x + 1], down[(13 - y) * 42 + x + 1]);
            }
        }
    }

    @Test
    void randomNumbersFollowSeedEpochAndPhoto() {
        RgbImage scaled = PREPROCESS.scaled(Pictures.random(40, 30, 1));
        Augmentation how = Augmentation.standard();
        float[] first = view(how, scaled, 1, 2, 3);
        assertArrayEquals(first, view(how, scaled, 1, 2, 3));
        assertFalse(Arrays.equals(first, view(how, scaled, 2, 2, 3)));
        assertFalse(Arrays.equals(first, view(how, scaled, 1, 3, 3)));
        assertFalse(Arrays.equals(first, view(how, scaled, 1, 2, 4)));
    }

    @Test
    void cropsKeepToTheirBounds() {
        Augmentation how = Augmentation.NONE.withCrops(0.2, 0.6, 0.75, 1.5);
        double sum = 0;
        for (int i = 0; i < 2000; i++) {
            int[] box = how.crop(80, 60, new SplittableRandom(i));
            assertTrue(box[0] >= 0 && box[1] >= 0 && box[0] + box[2] <= 80 && box[1] + box[3] <= 60);
            double share = box[2] * box[3] / 4800.0;
            assertEquals(0.4, share, 0.22);
            double ratio = (double) box[2] / box[3];
            assertTrue(ratio > 0.7 && ratio < 1.6, "ratio " + ratio);
            sum += share;
        }
        assertEquals(0.4, sum / 2000, 0.02);
        // No crop of this share fits: the largest centred one within the ratios.
        assertArrayEquals(new int[] {35, 0, 30, 20}, how.crop(100, 20, new SplittableRandom(1)));
    }

    @Test
    void boundsAreChecked() {
        assertThrows(InputException.class, () -> Augmentation.NONE.withFlips(2, 0));
        assertThrows(InputException.class, () -> Augmentation.NONE.withCrops(0.5, 0.4, 1, 1));
        assertThrows(InputException.class, () -> Augmentation.NONE.withJitter(0, 0, 0, 0.6));
    }

    /** The same changes as those of perturbed photos, which are rounded. */
    @Test
    void jitterIsThatOfPerturbations() {
        Preprocess whole = new Preprocess(40, 1, Fit.CROP, new float[] {0, 0, 0}, new float[] {1, 1, 1});
        RgbImage photo = RgbImage.of(Pictures.smooth(40, 40, 3));
        Augmentation how = Augmentation.NONE.withJitter(0.4, 0.4, 0.4, 0.04);
        for (int seed = 0; seed < 20; seed++) {
            float[] training = new float[whole.length()];
            SplittableRandom random = new SplittableRandom(seed);
            how.view(photo, whole, new Normalizer(whole), random, new Planes(1600), FloatBuffer.wrap(training), 0);
            SplittableRandom same = new SplittableRandom(seed);
            same.nextDouble(); // whether the photo is mirrored across
            same.nextDouble(); // and down
            byte[] ours = ColorJitter.apply(photo, new ColorJitter.Strengths(0.4, 0.4, 0.4, 0.04), same)
                    .rgb();
            for (int i = 0; i < ours.length; i++) {
                assertEquals(255 * training[i], ours[i] & 0xff, 0.51);
            }
        }
    }
}
