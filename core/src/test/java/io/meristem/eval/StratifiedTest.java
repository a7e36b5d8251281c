package io.meristem.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.commons.statistics.inference.OneWayAnova;
import org.apache.commons.statistics.inference.TTest;
import org.junit.jupiter.api.Test;

class StratifiedTest {

    private static double[] drawn(SplittableRandom random, int n, double mean) {
        double[] values = new double[n];
        Arrays.setAll(values, i -> mean + random.nextDouble() + random.nextDouble() - 1);
        return values;
    }

    /** The level at which a t interval just touches zero is one less the p of the t-test. */
    @Test
    void oneStratumIsStudentsTest() {
        SplittableRandom random = new SplittableRandom(1);
        for (int n : new int[] {2, 3, 8, 40}) {
            double[] values = drawn(random, n, 0.3);
            Stratified one = new Stratified(List.of(values));
            double p = TTest.withDefaults().test(values).getPValue();
            Interval interval = one.interval(1 - p);
            assertEquals(0, Math.min(Math.abs(interval.low()), Math.abs(interval.high())), 1e-7, "n = " + n);
            assertEquals(Arrays.stream(values).average().orElseThrow(), one.mean(), 1e-15);
        }
    }

    /** The spread within strata is that of a one-way analysis of variance. */
    @Test
    void severalStrataShareTheirSpread() {
        SplittableRandom random = new SplittableRandom(2);
        List<double[]> strata = List.of(drawn(random, 5, 0), drawn(random, 3, 4), drawn(random, 9, -2));
        Stratified all = new Stratified(strata);
        assertEquals(17, all.pairs());
        OneWayAnova.Result anova = OneWayAnova.withDefaults().test(strata);
        double error = Math.sqrt(anova.getMSWG() * (1.0 / 5 + 1.0 / 3 + 1.0 / 9)) / 3;
        Interval interval = all.interval(0.95);
        // The 97.5 % quantile of t with 14 degrees of freedom, as printed in tables.
        assertEquals(2.145, (interval.high() - all.mean()) / error, 5e-4);
        assertEquals(2.145, (all.mean() - interval.low()) / error, 5e-4);
        Interval narrower = all.interval(0.9);
        assertEquals(1.761, (narrower.high() - all.mean()) / error, 5e-4);
        double means = strata.stream()
                .mapToDouble(s -> Arrays.stream(s).average().orElseThrow())
                .sum();
        assertEquals(means / 3, all.mean(), 1e-12);
    }

    @Test
    void strataCountTheSameHoweverManyPairsTheyHave() {
        Stratified uneven = new Stratified(List.of(new double[] {1, 1, 1, 1, 1, 1}, new double[] {-1, -1}));
        assertEquals(0, uneven.mean(), 1e-15);
        assertEquals(1, uneven.p(), 1e-15);
    }

    /** All signs tried, with the statistic written out. */
    @Test
    void theTestTriesAllSigns() {
        SplittableRandom random = new SplittableRandom(3);
        List<double[]> strata = List.of(drawn(random, 4, 0.5), drawn(random, 2, 0.2), drawn(random, 3, 0.1));
        Stratified all = new Stratified(strata);
        int extreme = 0;
        for (int signs = 0; signs < 1 << 9; signs++) {
            double mean = 0;
            int at = 0;
            for (double[] stratum : strata) {
                double sum = 0;
                for (double difference : stratum) {
                    sum += (signs >> at++ & 1) == 1 ? -difference : difference;
                }
                mean += sum / stratum.length / strata.size();
            }
            extreme += Math.abs(mean) >= Math.abs(all.mean()) - 1e-12 ? 1 : 0;
        }
        assertEquals(extreme / 512.0, all.p(), 1e-15);
    }

    @Test
    void onePairEachKnowsNoSpread() {
        Stratified lone = new Stratified(List.of(new double[] {1}, new double[] {2}));
        assertNull(lone.interval(0.9));
        assertEquals(0.5, lone.p());
        Stratified some = new Stratified(List.of(new double[] {1}, new double[] {2, 3}));
        assertTrue(some.interval(0.9).low() < some.mean());
        assertThrows(IllegalArgumentException.class, () -> new Stratified(List.of()));
        assertThrows(IllegalArgumentException.class, () -> new Stratified(List.of(new double[0])));
    }
}
