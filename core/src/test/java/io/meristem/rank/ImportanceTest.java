package io.meristem.rank;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.InputException;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ImportanceTest {

    @Test
    void isTheFormula() {
        Similarity s = new Similarity(0.9, 0.6, 0.3);
        assertEquals(0.9 * 0.4 + 0.1 * 0.3, Importance.DEFAULT.correction(s), 1e-15);
        assertEquals(0.15 * 0.9 + 0.85 * 0.39, Importance.DEFAULT.of(s), 1e-15);
        assertEquals(0.9, new Importance(1, 0, 0.9, 0.1).of(s), 1e-15);
        assertEquals(0.3, new Importance(0, 1, 0, 1).of(s), 1e-15);
    }

    @Test
    void staysBetweenZeroAndOne() {
        Random random = new Random(1);
        for (int i = 0; i < 1000; i++) {
            double alpha = random.nextDouble();
            double gamma = random.nextDouble();
            double found = new Importance(alpha, 1 - alpha, gamma, 1 - gamma)
                    .of(new Similarity(random.nextInt(2), random.nextInt(2), random.nextInt(2)));
            assertTrue(found >= 0 && found <= 1 + 1e-12, String.valueOf(found));
        }
    }

    @Test
    void weightsMustSumToOne() {
        assertThrows(InputException.class, () -> new Importance(0.5, 0.6, 0.9, 0.1));
        assertThrows(InputException.class, () -> new Importance(-0.5, 1.5, 0.9, 0.1));
        assertThrows(InputException.class, () -> new Importance(0.15, 0.85, 0.9, 0.2));
        assertThrows(InputException.class, () -> new Importance(Double.NaN, 0.85, 0.9, 0.1));
    }
}
