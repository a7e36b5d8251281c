package io.meristem.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SignFlipsTest {

    @Test
    void countsSignsThatAreAsExtreme() {
        assertEquals(2.0 / 32, new SignFlips(1, 2, 3, 4, 5).p());
        assertEquals(1, new SignFlips(1, -1).p());
        assertEquals(1, new SignFlips(0, 0, 0).p());
        assertEquals(1, new SignFlips(-3).p());
        assertEquals(2.0 / 8, new SignFlips(1, 1, 2).p());
        assertEquals(6.0 / 8, new SignFlips(1, -1, 2).p());
    }

    @Test
    void samplesManyPairs() {
        double[] clear = IntStream.range(0, 30).mapToDouble(i -> 1 + i % 3).toArray();
        assertTrue(new SignFlips(clear).p() < 1e-4);
        double[] even =
                IntStream.range(0, 30).mapToDouble(i -> i % 2 == 0 ? 1 : -1).toArray();
        assertEquals(1, new SignFlips(even).p());
    }

    /** Sizes do not matter: log losses differ by thousandths. */
    @Test
    void smallNumbersAreJudgedLikeGreatOnes() {
        assertEquals(2.0 / 32, new SignFlips(1e-11, 2e-11, 3e-11, 4e-11, 5e-11).p());
        assertEquals(6.0 / 8, new SignFlips(1e9, -1e9, 2e9).p());
    }

    /** The sample agrees with what is exact, and is never 0. */
    @Test
    void theSampleIsFair() {
        double[] values =
                IntStream.range(0, 30).mapToDouble(i -> i < 21 ? 1 : -1).toArray();
        // Binomial: 21 or more of 30, or as few.
        double exact = 0;
        double ways = 1;
        for (int k = 0; k <= 9; k++) {
            exact += 2 * ways / (1 << 30);
            ways = ways * (30 - k) / (k + 1);
        }
        assertEquals(exact, new SignFlips(values).p(), 1e-3);
        double[] clear = IntStream.range(0, 100).mapToDouble(i -> 1).toArray();
        assertEquals(1.0 / ((1 << 20) + 1), new SignFlips(clear).p(), 1e-12);
    }
}
