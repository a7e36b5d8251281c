package io.meristem.data.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.testing.Pictures;
import java.io.IOException;
import java.io.InputStream;
import java.util.Random;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.InterpolateFuncOptions;
import org.bytedeco.pytorch.LongVector;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.kBilinear;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResamplerTest {

    /** Against the operator that torchvision's float resize calls, over seeded sizes, up and down, whole pictures and boxes. */
    @Test
    void agreesWithTheEngineToOneLevel() {
        Random random = new Random(5);
        for (int trial = 0; trial < 60; trial++) {
            int w = 3 + random.nextInt(150);
            int h = 3 + random.nextInt(150);
            // From two pixels on: the engine's operator gives wrong values for pictures one pixel wide.
            int outW = 2 + random.nextInt(100);
            int outH = 2 + random.nextInt(100);
            RgbImage image = Pictures.random(w, h, trial);
            int x = trial % 2 == 0 ? 0 : random.nextInt(w - 1);
            int y = trial % 2 == 0 ? 0 : random.nextInt(h - 1);
            int boxW = trial % 2 == 0 ? w : 2 + random.nextInt(w - x - 1);
            int boxH = trial % 2 == 0 ? h : 2 + random.nextInt(h - y - 1);
            RgbImage ours = Resampler.resize(image, x, y, boxW, boxH, outW, outH);
            float[] theirs = engine(image, x, y, boxW, boxH, outW, outH);
            double sum = 0;
            for (int i = 0; i < theirs.length; i++) {
                double difference = Math.abs((ours.rgb()[i] & 0xff) - theirs[i]);
                sum += difference;
                assertTrue(
                        difference <= 0.51,
                        trial + ": " + w + "x" + h + " box " + x + "," + y + " " + boxW + "x" + boxH + " to " + outW
                                + "x" + outH + " at " + i + " of " + theirs.length + ": " + (ours.rgb()[i] & 0xff) + " "
                                + theirs[i]);
            }
            assertTrue(sum / theirs.length < 0.3, "no better than rounding");
        }
    }

    /** (outH, outW, 3) in grey levels, not rounded. */
    private static float[] engine(RgbImage image, int x, int y, int boxW, int boxH, int outW, int outH) {
        try (PointerScope scope = new PointerScope()) {
            float[] planes = new float[3 * boxH * boxW];
            for (int c = 0; c < 3; c++) {
                for (int j = 0; j < boxH; j++) {
                    for (int i = 0; i < boxW; i++) {
                        planes[(c * boxH + j) * boxW + i] = image.get(x + i, y + j, c);
                    }
                }
            }
            Tensor in = torch.from_blob(new FloatPointer(planes), new long[] {1, 3, boxH, boxW});
            InterpolateFuncOptions options = new InterpolateFuncOptions();
            options.size().put(new LongVector(outH, outW));
            options.mode().put(new kBilinear());
            options.align_corners().put(false);
            options.antialias().put(true);
            Tensor out = torch.interpolate(in, options).permute(0, 2, 3, 1).contiguous();
            float[] values = new float[outH * outW * 3];
            new FloatPointer(out.data_ptr_float()).get(values);
            return values;
        }
    }

    /** Files made by bench/peers/resize_fixture.py. */
    @ParameterizedTest
    @CsvSource({"32,24", "20,31", "61,20", "9,7", "90,70", "1,1"})
    void agreesWithTorchvisionAndPillow(int outW, int outH) throws IOException {
        byte[] rgb = new byte[61 * 47 * 3];
        for (int k = 0; k < rgb.length; k++) {
            rgb[k] = (byte) ((k * 2654435761L & 0xffffffffL) >> 24);
        }
        RgbImage ours = Resampler.resize(new RgbImage(61, 47, rgb), outW, outH);
        for (String peer : new String[] {"torchvision", "pillow"}) {
            try (InputStream in = getClass().getResourceAsStream("resize/" + peer + "_" + outW + "x" + outH + ".rgb")) {
                byte[] theirs = in.readAllBytes();
                assertEquals(theirs.length, ours.rgb().length);
                for (int i = 0; i < theirs.length; i++) {
                    assertEquals(theirs[i] & 0xff, ours.rgb()[i] & 0xff, 1, peer + " byte " + i);
                }
            }
        }
    }

    @Test
    void sameSizeCostsNothing() {
        RgbImage image = Pictures.random(12, 9, 1);
        assertSame(image, Resampler.resize(image, 12, 9));
        RgbImage box = Resampler.resize(image, 3, 2, 7, 5, 7, 5);
        assertEquals(image.get(3 + 6, 2 + 4, 1), box.get(6, 4, 1));
    }

    @Test
    void boxesOutsideThePictureAreRefused() {
        RgbImage image = Pictures.random(12, 9, 1);
        assertThrows(IllegalArgumentException.class, () -> Resampler.resize(image, 5, 0, 8, 9, 4, 4));
        assertThrows(IllegalArgumentException.class, () -> Resampler.resize(image, 0, 0, 12, 9, 0, 4));
    }
}
