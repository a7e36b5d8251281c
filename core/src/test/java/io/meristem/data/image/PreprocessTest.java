package io.meristem.data.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.meristem.InputException;
import io.meristem.testing.Pictures;
import java.io.IOException;
import java.nio.FloatBuffer;
import org.junit.jupiter.api.Test;

class PreprocessTest {

    private static final float[] HALF = {0.5f, 0.5f, 0.5f};

    @Test
    void resizesTheShortSideThenCropsTheCentre() {
        Preprocess p = Preprocess.imageNet(28);
        assertEquals(32, p.shortSide());
        RgbImage photo = Pictures.random(100, 75, 3);
        RgbImage scaled = p.scaled(photo);
        assertEquals(42, scaled.width()); // 32 * 100 / 75 = 42.7, cut as torchvision does
        assertEquals(32, scaled.height());
        float[] out = p.apply(photo);
        float[] mean = p.mean();
        float[] std = p.std();
        for (int y = 0; y < 28; y++) {
            for (int x = 0; x < 28; x++) {
                for (int c = 0; c < 3; c++) {
                    float expected = (scaled.get(x + 7, y + 2, c) / 255f - mean[c]) / std[c];
                    assertEquals(expected, out[(y * 28 + x) * 3 + c], 1e-6);
                }
            }
        }
        FloatBuffer buffer = FloatBuffer.allocate(2 * p.length());
        p.apply(photo, buffer, p.length());
        assertEquals(0, buffer.position());
        assertEquals(out[17], buffer.get(p.length() + 17));
    }

    @Test
    void halvesOfTheCropOffsetGoToEven() {
        Preprocess p = new Preprocess(10, 1, Fit.CROP, HALF, HALF);
        assertEquals(0, p.cropStart(11));
        assertEquals(2, p.cropStart(13));
        assertEquals(2, p.cropStart(15));
    }

    @Test
    void squashKeepsEverything() {
        Preprocess p = new Preprocess(16, 0.875, Fit.SQUASH, HALF, HALF);
        RgbImage photo = Pictures.random(50, 20, 1);
        assertArrayEquals(Resampler.resize(photo, 16, 16).rgb(), p.scaled(photo).rgb());
    }

    @Test
    void veryLongPhotosLoseTheirEnds() {
        Preprocess p = new Preprocess(10, 1, Fit.CROP, HALF, HALF);
        assertEquals(40, p.scaled(Pictures.random(900, 20, 1)).width());
        assertEquals(40, p.scaled(Pictures.random(1, 90, 1)).height());
    }

    @Test
    void isCheckedComparedAndWritten() throws IOException {
        assertThrows(InputException.class, () -> new Preprocess(0, 1, Fit.CROP, HALF, HALF));
        assertThrows(InputException.class, () -> new Preprocess(8, 1.5, Fit.CROP, HALF, HALF));
        assertThrows(InputException.class, () -> new Preprocess(8, 1, Fit.CROP, HALF, new float[3]));
        assertEquals(Preprocess.imageNet(8), Preprocess.imageNet(8));
        assertNotEquals(Preprocess.imageNet(8), new Preprocess(8, 0.875, Fit.CROP, HALF, HALF));
        ObjectMapper json = new ObjectMapper();
        Preprocess p = Preprocess.imageNet(96);
        assertEquals(p, json.readValue(json.writeValueAsString(p), Preprocess.class));
    }

    @Test
    void constantsForBytesAreRefusedWithTheDividedOnes() {
        InputException e = assertThrows(
                InputException.class,
                () -> new Preprocess(
                        8, 1, Fit.CROP, new float[] {123.675f, 116.28f, 103.53f}, new float[] {58.395f, 57.12f, 57.375f
                        }));
        assertTrue(e.getMessage().contains("divide by 255"), e.getMessage());
        assertTrue(e.getMessage().contains("mean 0.485,0.456,0.406"), e.getMessage());
        assertTrue(e.getMessage().contains("deviation 0.229,0.224,0.225"), e.getMessage());
        float[][] others = {{0, 255}, {127.5f, 0.5f}, {0.5f, 127.5f}, {0, 1.001f}};
        for (float[] other : others) {
            e = assertThrows(InputException.class, () -> filled(other[0], other[1]));
            assertTrue(e.getMessage().contains("divide by 255"), e.getMessage());
        }
        float[][] hopeless = {{-0.1f, 1}, {0.5f, -1}, {0.5f, 0}, {300, 1}, {Float.NaN, 1}, {0.5f, Float.NaN}};
        for (float[] other : hopeless) {
            e = assertThrows(InputException.class, () -> filled(other[0], other[1]));
            assertTrue(e.getMessage().contains("from 0 to 1"), e.getMessage());
            assertFalse(e.getMessage().contains("255"), e.getMessage());
        }
        // The ends are in use: no scaling, from -1 to 1, and grey levels.
        filled(0, 1);
        filled(0.5f, 0.5f);
        filled(0, 1 / 255f);
        filled(1, 1);
    }

    private static Preprocess filled(float mean, float std) {
        return new Preprocess(8, 1, Fit.CROP, new float[] {mean, mean, mean}, new float[] {std, std, std});
    }
}
