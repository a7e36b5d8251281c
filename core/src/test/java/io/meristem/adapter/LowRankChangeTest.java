package io.meristem.adapter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import io.meristem.adapter.LowRankChange.Factors;
import io.meristem.engine.Engine;
import java.math.BigDecimal;
import java.math.MathContext;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LowRankChangeTest {

    @Test
    void equalsExplicitMatrices() {
        Random random = new Random(1);
        for (int trial = 0; trial < 50; trial++) {
            int out = 1 + random.nextInt(20);
            int columns = 1 + random.nextInt(30);
            Factors one = factors(random, out, columns, 1 + random.nextInt(6));
            Factors two = factors(random, out, columns, 1 + random.nextInt(6));
            Factors like = factors(random, out, columns, one.rank());
            assertEquals(explicit(one, null), LowRankChange.distance(one, null), 1e-10);
            assertEquals(explicit(one, two), LowRankChange.distance(one, two), 1e-10);
            assertEquals(explicit(one, like), LowRankChange.distance(one, like), 1e-10);
        }
    }

    /** Late in training an epoch moves the factors little; the distance must not drown in the rounding of two large norms. */
    @ParameterizedTest
    @ValueSource(doubles = {1e-3, 1e-6, 1e-9, 1e-12})
    void nearlyEqualUpdates(double size) {
        Random random = new Random(2);
        Factors before = factors(random, 12, 15, 4);
        Factors now = new Factors(moved(before.b(), size, random), moved(before.a(), size, random), 12, 15, 4);
        double expected = explicit(now, before);
        assertEquals(expected, LowRankChange.distance(now, before), 1e-9 * expected);
    }

    @Test
    void anUpdateIsAtNoDistanceFromItself() {
        Factors one = factors(new Random(3), 7, 9, 3);
        assertEquals(0, LowRankChange.distance(one, one));
    }

    /** Above the full rank the full matrices are compared, above some tens of ranks the engine multiplies: the figures stay. */
    @ParameterizedTest
    @CsvSource({"8, 27, 70", "70, 90, 66", "70, 90, 80", "5, 300, 200"})
    void greatRanksGiveTheSame(int out, int columns, int rank) {
        Engine.start(1);
        Random random = new Random(4);
        Factors one = factors(random, out, columns, rank);
        for (Factors two :
                new Factors[] {null, factors(random, out, columns, rank), factors(random, out, columns, 3)}) {
            double expected = explicit(one, two);
            assertEquals(expected, LowRankChange.distance(one, two), 1e-9 * expected);
        }
        assertEquals(0, LowRankChange.distance(one, one), 1e-9 * explicit(one, null));
    }

    /** A stop waits for one layer at most: rank 4096 on the widest layer of a small network took minutes in loops. */
    @Test
    void aRankFarAboveALayersTakesNoLongerThanItsMatrix() {
        Engine.start(1);
        Random random = new Random(5);
        Factors one = factors(random, 320, 1280, 4096);
        Factors two = factors(random, 320, 1280, 4096);
        assertTimeout(Duration.ofSeconds(20), () -> LowRankChange.distance(one, two));
    }

    private static double[] moved(double[] values, double size, Random random) {
        double[] copy = values.clone();
        for (int i = 0; i < copy.length; i++) {
            copy[i] += size * random.nextGaussian();
        }
        return copy;
    }

    private static Factors factors(Random random, int out, int columns, int rank) {
        return new Factors(
                moved(new double[out * rank], 1, random),
                moved(new double[rank * columns], 1, random),
                out,
                columns,
                rank);
    }

    /** The Frobenius norm of the difference of the full products, entries in exact arithmetic. */
    private static double explicit(Factors now, Factors before) {
        double sum = 0;
        for (int o = 0; o < now.out(); o++) {
            for (int c = 0; c < now.columns(); c++) {
                BigDecimal entry = entry(now, o, c);
                entry = before == null ? entry : entry.subtract(entry(before, o, c));
                double value = entry.round(new MathContext(30)).doubleValue();
                sum += value * value;
            }
        }
        return Math.sqrt(sum);
    }

    private static BigDecimal entry(Factors f, int o, int c) {
        BigDecimal sum = BigDecimal.ZERO;
        for (int r = 0; r < f.rank(); r++) {
            sum = sum.add(new BigDecimal(f.b()[o * f.rank() + r]).multiply(new BigDecimal(f.a()[r * f.columns() + c])));
        }
        return sum;
    }
}
