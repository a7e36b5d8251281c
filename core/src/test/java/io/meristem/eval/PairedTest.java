package io.meristem.eval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class PairedTest {

    @Test
    void countsWhoIsRight() {
        Paired paired = Paired.of(
                new boolean[] {true, true, false, false, true}, new boolean[] {true, false, true, false, true});
        assertEquals(new Paired(2, 1, 1, 1), paired);
        assertEquals(5, paired.photos());
        assertEquals(0, paired.difference());
        assertThrows(IllegalArgumentException.class, () -> Paired.of(new boolean[1], new boolean[2]));
    }

    /** Two-sided binomial probabilities, the last two from exact fractions. */
    @Test
    void mcnemarIsExact() {
        assertEquals(1, new Paired(10, 0, 0, 3).mcnemar());
        assertEquals(1, new Paired(10, 5, 5, 3).mcnemar());
        assertEquals(2.0 / 32, new Paired(10, 0, 5, 3).mcnemar(), 1e-15);
        assertEquals(22.0 / 1024, new Paired(10, 9, 1, 3).mcnemar(), 1e-15);
        assertEquals(EXACT_8_13, new Paired(371, 8, 13, 17).mcnemar(), 1e-12);
        assertEquals(EXACT_400_500, new Paired(9000, 500, 400, 100).mcnemar(), 1e-12);
    }

    private static final double EXACT_8_13 = 0.38331031799316406;
    private static final double EXACT_400_500 = 0.0009564441369189461;

    @Test
    void bootstrapAgreesWithTheNormalApproximation() {
        Paired paired = new Paired(300, 20, 50, 30);
        double n = paired.photos();
        double d = paired.difference();
        double reach = 1.96 * Math.sqrt((70 / n - d * d) / n);
        Interval interval = paired.bootstrap(1);
        assertEquals(d - reach, interval.low(), 0.004);
        assertEquals(d + reach, interval.high(), 0.004);
        assertEquals(interval, paired.bootstrap(1));
        assertEquals(new Interval(0, 0), new Paired(5, 0, 0, 5).bootstrap(1));
    }

    @Test
    void holmRaisesInOrder() {
        assertArrayEquals(new double[] {0.03, 0.06, 0.06}, Paired.holm(0.01, 0.04, 0.03), 1e-12);
        assertArrayEquals(new double[] {1, 1}, Paired.holm(0.6, 0.9), 1e-12);
    }
}
