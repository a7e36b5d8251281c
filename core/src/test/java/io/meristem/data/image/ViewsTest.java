package io.meristem.data.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.InputException;
import io.meristem.data.image.View.Place;
import io.meristem.testing.Pictures;
import java.nio.FloatBuffer;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ViewsTest {

    private static final float[] MEAN = {0.4f, 0.5f, 0.6f};
    private static final float[] STD = {0.2f, 0.25f, 0.3f};
    private static final int SIZE = 6;
    private static final Preprocess PREPROCESS = new Preprocess(SIZE, 0.6, Fit.CROP, MEAN, STD);

    /** Every view, number by number, as its definition says. */
    @ParameterizedTest
    @EnumSource(Views.class)
    void viewsAreTheSquaresTheyAreCalled(Views views) {
        RgbImage scaled = PREPROCESS.scaled(Pictures.random(23, 17, 3));
        assertEquals(10, scaled.height());
        int n = views.list().size();
        FloatBuffer out = FloatBuffer.allocate(n * PREPROCESS.length() + 2);
        views.write(scaled, PREPROCESS, out, 1);
        for (int v = 0; v < n; v++) {
            View view = views.list().get(v);
            int left = view.place() == Place.CENTRE
                    ? PREPROCESS.cropStart(scaled.width())
                    : view.place().name().endsWith("LEFT") ? 0 : scaled.width() - SIZE;
            int top = view.place() == Place.CENTRE
                    ? PREPROCESS.cropStart(scaled.height())
                    : view.place().name().startsWith("TOP") ? 0 : scaled.height() - SIZE;
            for (int y = 0; y < SIZE; y++) {
                for (int x = 0; x < SIZE; x++) {
                    int sx = left + (view.mirrored() ? SIZE - 1 - x : x);
                    int sy = top + (view.upsideDown() ? SIZE - 1 - y : y);
                    for (int c = 0; c < 3; c++) {
                        float expected = (scaled.get(sx, sy, c) / 255f - MEAN[c]) / STD[c];
                        assertEquals(
                                expected,
                                out.get(1 + v * PREPROCESS.length() + (y * SIZE + x) * 3 + c),
                                1e-6,
                                view + "");
                    }
                }
            }
        }
        assertEquals(0, out.position());
    }

    @Test
    void theirNumbersAndTheFirst() {
        Map<Views, Integer> sizes =
                Map.of(Views.ONE, 1, Views.MIRROR, 2, Views.FLIPS, 4, Views.CROPS, 5, Views.TEN, 10);
        for (Views views : Views.values()) {
            assertEquals(sizes.get(views), views.list().size());
            assertEquals(
                    sizes.get(views).longValue(),
                    views.list().stream().distinct().count());
            assertEquals(View.CENTRE, views.list().get(0));
        }
    }

    @Test
    void photosSeenWholeHaveNoCorners() {
        Preprocess whole = new Preprocess(SIZE, 0.875, Fit.SQUASH, MEAN, STD);
        Views.FLIPS.requireFit(whole);
        Views.TEN.requireFit(PREPROCESS);
        InputException e = assertThrows(InputException.class, () -> Views.CROPS.requireFit(whole));
        assertTrue(e.getMessage().contains("flips for views"), e.getMessage());
    }
}
