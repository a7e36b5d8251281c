package io.meristem.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IntervalTest {

    /** Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3. */
    @ParameterizedTest
    @CsvSource({"81, 263, 0.2553, 0.3662", "15, 148, 0.0624, 0.1605", "0, 20, 0.0000, 0.1611", "1, 29, 0.0061, 0.1718"})
    void isThePublishedOne(long hits, long photos, double low, double high) {
        Interval interval = Interval.wilson(hits, photos);
        assertEquals(low, interval.low(), 5e-5);
        assertEquals(high, interval.high(), 5e-5);
    }

    @Test
    void isTheSameFromEitherSide() {
        for (int hits = 0; hits <= 50; hits++) {
            Interval one = Interval.wilson(hits, 50);
            Interval other = Interval.wilson(50 - hits, 50);
            assertEquals(one.low(), 1 - other.high(), 1e-12);
            assertTrue(one.low() >= 0 && one.low() <= hits / 50.0 && one.high() >= hits / 50.0 && one.high() <= 1);
        }
    }

    /** Its bounds solve (p - share)^2 = z^2 p (1 - p) / n. */
    @Test
    void boundsSolveTheDefiningEquation() {
        double share = 390 / 409.0;
        Interval interval = Interval.wilson(390, 409);
        for (double p : new double[] {interval.low(), interval.high()}) {
            assertEquals(1.959964, Math.abs(p - share) / Math.sqrt(p * (1 - p) / 409), 1e-6);
        }
    }

    @Test
    void nothingIsKnownFromNothing() {
        assertEquals(new Interval(0, 1), Interval.wilson(0, 0));
        assertThrows(IllegalArgumentException.class, () -> Interval.wilson(3, 2));
        assertThrows(IllegalArgumentException.class, () -> Interval.wilson(-1, 2));
    }
}
