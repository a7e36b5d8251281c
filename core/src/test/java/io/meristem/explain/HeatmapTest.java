package io.meristem.explain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.data.image.Fit;
import io.meristem.data.image.Preprocess;
import io.meristem.data.image.Preprocess.Seen;
import io.meristem.data.image.RgbImage;
import io.meristem.engine.Tensors;
import io.meristem.execute.Network;
import io.meristem.op.Flatten;
import io.meristem.op.Linear;
import io.meristem.testing.TinyNetworks;
import java.util.Arrays;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.Test;

class HeatmapTest {

    private static final float[] ONES = {1, 1, 1};

    private static CoarseMap map(int side, double step, float... values) {
        return new CoarseMap(side, side, values, new CoarseMap.Cells(step, step / 2, step / 2));
    }

    @Test
    void mapsMeetTheirCellsAndAreSmoothBetweenThem() {
        CoarseMap map = map(3, 10, 0, 0, 0, 0, 4, 1, 0, 0, 2);
        MapSampler sampler = new MapSampler(map, 30, new Seen(5.5, 2.5, 30, 30), 40, 35);
        float[] row = new float[40];
        sampler.row(17, row); // centre of the middle row: 2.5 + 15 = 17.5
        assertEquals(4, row[20], 1e-6);
        assertEquals(1, row[30], 1e-6);
        assertEquals(0, row[10], 1e-6);
        // Half way, Keys' weights are -1/16, 9/16, 9/16, -1/16; the outermost cell goes on.
        assertEquals((9 * 4 + 9 * 1 - 0 - 1) / 16.0, row[25], 1e-6);
        assertArrayEquals(
                new int[] {5, 35, 2, 32}, new int[] {sampler.left(), sampler.right(), sampler.top(), sampler.bottom()});
        for (int y = sampler.top(); y < sampler.bottom(); y++) {
            sampler.row(y, row);
            for (float value : row) {
                assertTrue(value >= 0 && value <= 4);
            }
        }
    }

    @Test
    void theSeenPartIsWhatThePreprocessingShows() {
        // A photo whose red is its column and whose green is its row says where each input pixel comes from.
        for (int[] shape : new int[][] {{200, 120}, {90, 160}, {250, 40}, {64, 64}}) {
            byte[] rgb = new byte[3 * shape[0] * shape[1]];
            for (int i = 0; i < shape[0] * shape[1]; i++) {
                rgb[3 * i] = (byte) (i % shape[0]);
                rgb[3 * i + 1] = (byte) (i / shape[0]);
            }
            RgbImage photo = new RgbImage(shape[0], shape[1], rgb);
            for (Fit fit : Fit.values()) {
                Preprocess preprocess = new Preprocess(32, 0.875, fit, new float[] {0, 0, 0}, ONES);
                float[] input = preprocess.apply(photo);
                Seen seen = preprocess.seen(shape[0], shape[1]);
                for (int p : new int[] {5, 16, 26}) {
                    double column = 255 * input[3 * (16 * 32 + p)] + 0.5;
                    double row = 255 * input[3 * (p * 32 + 16) + 1] + 0.5;
                    String what = Arrays.toString(shape) + fit + seen;
                    assertEquals(column, seen.left() + (p + 0.5) * seen.width() / 32, 0.8, what);
                    assertEquals(row, seen.top() + (p + 0.5) * seen.height() / 32, 0.8, what);
                }
            }
        }
    }

    @Test
    void whatWasNotSeenIsLeftAsItIsBeyondAFrame() {
        byte[] grey = new byte[3 * 60 * 30];
        Arrays.fill(grey, (byte) 100);
        Heatmap heatmap = new Heatmap(
                new Explanation(0, new float[] {1}, map(2, 15, 0, 0, 0, 1)), 30, new Seen(15, 0, 30, 30), 60, 30);
        RgbImage over = heatmap.over(new RgbImage(60, 30, grey));
        assertEquals(100, over.get(5, 15, 0));
        assertEquals(255, over.get(14, 15, 1));
        assertEquals(255, over.get(45, 15, 1));
        assertEquals(100, over.get(46, 15, 0));
        assertTrue(over.get(40, 25, 0) > 150, "the highest place is bright");
        assertEquals(88, over.get(17, 3, 0), 1, "the lowest is hardly covered");
        assertEquals(100, grey[0], "the photo itself is not changed");
        // At half the size everything lies at half the place.
        RgbImage small = heatmap.over(new RgbImage(30, 15, Arrays.copyOf(grey, 3 * 30 * 15)));
        assertEquals(255, small.get(6, 7, 1), 156);
        assertTrue(small.get(20, 12, 0) > 150);
        assertTrue(Legend.below(over).height() > 30);
    }

    @Test
    void theScaleRunsEvenlyAndFromDarkToBright() {
        HeatColours colours = HeatColours.load();
        double last = -1;
        for (int i = 0; i < 256; i++) {
            int c = colours.of(i / 255f);
            double light = 0.2126 * Math.pow((c >> 16 & 255) / 255.0, 2.2)
                    + 0.7152 * Math.pow((c >> 8 & 255) / 255.0, 2.2)
                    + 0.0722 * Math.pow((c & 255) / 255.0, 2.2);
            double lightness = Math.cbrt(light);
            assertTrue(lightness > last && (i == 0 || lightness - last < 0.02), "at " + i);
            last = lightness;
        }
    }

    /** A network that looks at the pixels of one corner must be explained by that corner. */
    @Test
    void occlusionFindsTheCornerThatDecides() {
        int side = 20;
        float[] values = new float[3 * side * side];
        try (PointerScope scope = new PointerScope();
                Network network = TinyNetworks.of(
                        "layer",
                        (b, classes) -> b.add(
                                "layer",
                                new Linear(3 * side * side, classes, false),
                                b.add(new Flatten(), b.input())))) {
            network.materialize(0);
            float[] weight = new float[3 * 3 * side * side];
            for (int y = 0; y < 6; y++) {
                for (int x = 12; x < side; x++) {
                    weight[3 * side * side + y * side + x] = 0.1f; // class 1, red
                    values[y * side + x] = 1;
                }
            }
            network.head().weight().set(Tensors.of(weight, 3, 3 * side * side));
            Explanation got =
                    HeatmapMethod.OCCLUSION.of(network).explain(Tensors.of(values, 1, 3, side, side), null)[0];
            assertEquals(1, got.label());
            float[] map = got.map().values();
            double inside = 0;
            double all = 0;
            for (int i = 0; i < map.length; i++) {
                all += map[i];
                inside += i / 10 < 4 && i % 10 >= 5 ? map[i] : 0;
            }
            assertTrue(all > 0 && inside / all > 0.999, inside + " of " + all);
        }
    }
}
