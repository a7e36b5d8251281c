package io.meristem.adapter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.meristem.InputException;
import org.junit.jupiter.api.Test;

class AdapterOptionsTest {

    @Test
    void scalingRules() {
        assertEquals(2, AdapterOptions.PAPER.scaling(1));
        assertEquals(2, AdapterOptions.PAPER.scaling(13));
        assertEquals(2, AdapterOptions.DEFAULT.scaling(1));
        assertEquals(1, AdapterOptions.DEFAULT.scaling(4));
        assertEquals(4, new AdapterOptions(16, false, 0).scaling(4));
        assertEquals(8, new AdapterOptions(16, true, 0).scaling(4));
        assertEquals(6, new AdapterOptions(0, true, 0).scaling(9));
    }

    @Test
    void areChecked() {
        assertThrows(InputException.class, () -> new AdapterOptions(-1, false, 0));
        assertThrows(InputException.class, () -> new AdapterOptions(Double.NaN, false, 0));
        assertThrows(InputException.class, () -> new AdapterOptions(Double.POSITIVE_INFINITY, false, 0));
        assertThrows(InputException.class, () -> new AdapterOptions(1, false, 1));
        assertThrows(InputException.class, () -> new AdapterOptions(1, false, -0.1));
    }
}
