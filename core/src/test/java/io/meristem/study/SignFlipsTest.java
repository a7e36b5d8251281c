package io.meristem.study;

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
}
