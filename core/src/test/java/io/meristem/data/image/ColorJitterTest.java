package io.meristem.data.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class ColorJitterTest {

    /** Numbers printed by bench/peers/augment_fixture.py. */
    @Test
    void coloursChangeAsInTorchvision() {
        float[] pixels = {0.8f, 0.2f, 0.1f, 0.1f, 0.7f, 0.3f, 0.25f, 0.3f, 0.9f, 0.5f, 0.5f, 0.5f};
        float[] p = jittered(pixels, row -> ColorJitter.brightness(row, 1.3f));
        assertArrayEquals(
                new float[] {1f, 0.26f, 0.13f, 0.13f, 0.91f, 0.39f, 0.325f, 0.39f, 1f, 0.65f, 0.65f, 0.65f}, p, 1e-5f);
        p = jittered(pixels, row -> ColorJitter.contrast(row, 0.6f, (float) (ColorJitter.greySum(row) / 4)));
        assertArrayEquals(
                new float[] {
                    0.649629f, 0.289629f, 0.229629f, 0.229629f, 0.589629f, 0.349629f, 0.319629f, 0.349629f, 0.709629f,
                    0.469629f, 0.469629f, 0.469629f
                },
                p,
                1e-5f);
        p = jittered(pixels, row -> ColorJitter.saturation(row, 1.7f));
        assertArrayEquals(
                new float[] {
                    1f, 0.082456f, 0f, 0f, 0.857507f, 0.177507f, 0.177602f, 0.262603f, 1f, 0.500035f, 0.500035f,
                    0.500035f
                },
                p,
                1e-5f);
        p = jittered(pixels, row -> ColorJitter.hue(row, 0.1f));
        assertArrayEquals(
                new float[] {0.8f, 0.62f, 0.1f, 0.1f, 0.7f, 0.66f, 0.59f, 0.25f, 0.9f, 0.5f, 0.5f, 0.5f}, p, 1e-5f);
        p = jittered(pixels, row -> ColorJitter.hue(row, -0.37f));
        assertArrayEquals(
                new float[] {0.1f, 0.154f, 0.8f, 0.7f, 0.168f, 0.1f, 0.443f, 0.9f, 0.25f, 0.5f, 0.5f, 0.5f}, p, 1e-5f);
    }

    /** The same in grey levels, as the training sees it. */
    private static float[] jittered(float[] pixels, Consumer<Planes> step) {
        Planes row = new Planes(pixels.length / 3);
        for (int i = 0; i < row.pixels(); i++) {
            row.red()[i] = pixels[3 * i] * 255;
            row.green()[i] = pixels[3 * i + 1] * 255;
            row.blue()[i] = pixels[3 * i + 2] * 255;
        }
        step.accept(row);
        float[] out = new float[pixels.length];
        for (int i = 0; i < row.pixels(); i++) {
            out[3 * i] = row.red()[i] / 255;
            out[3 * i + 1] = row.green()[i] / 255;
            out[3 * i + 2] = row.blue()[i] / 255;
        }
        return out;
    }

    /** Against the way through hue, saturation and value, for shifts of all sizes. */
    @Test
    void huesTurnAsByTheirDefinition() {
        Random random = new Random(4);
        for (int trial = 0; trial < 200; trial++) {
            float[] pixels = new float[3 * 50];
            for (int i = 0; i < pixels.length; i++) {
                // Few levels, so that channels are often equal.
                pixels[i] = trial % 2 == 0 ? random.nextFloat() : random.nextInt(4) / 3f;
            }
            float shift = trial < 2 ? trial - 0.5f : random.nextFloat() - 0.5f;
            float[] expected = pixels.clone();
            for (int i = 0; i < expected.length; i += 3) {
                turn(expected, i, shift);
            }
            assertArrayEquals(expected, jittered(pixels, row -> ColorJitter.hue(row, shift)), 1e-5f);
        }
    }

    private static void turn(float[] rgb, int i, float shift) {
        float r = rgb[i];
        float g = rgb[i + 1];
        float b = rgb[i + 2];
        float max = Math.max(r, Math.max(g, b));
        float range = max - Math.min(r, Math.min(g, b));
        if (range == 0) {
            return;
        }
        float sector = max == r ? (g - b) / range : max == g ? 2 + (b - r) / range : 4 + (r - g) / range;
        double hue6 = ((sector / 6 + shift) % 1 + 1) % 1 * 6;
        for (int c = 0; c < 3; c++) {
            double k = (5 - 2 * c + hue6) % 6;
            rgb[i + c] = (float) (max - range * Math.max(0, Math.min(1, Math.min(k, 4 - k))));
        }
    }
}
