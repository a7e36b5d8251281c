package io.meristem.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class SpreadTest {

    @Test
    void givesMeanDeviationAndBounds() {
        Spread spread = Spread.of(Arrays.asList(1.0, null, 2.0, 6.0));
        assertEquals(3, spread.n());
        assertEquals(3, spread.mean());
        assertEquals(Math.sqrt(7), spread.deviation(), 1e-12);
        assertEquals(1, spread.least());
        assertEquals(6, spread.most());
    }

    @Test
    void oneValueHasNoDeviationAndNoneHasNothing() {
        assertEquals(Double.NaN, Spread.of(List.of(4.0)).deviation());
        assertNull(Spread.of(List.of()));
    }
}
