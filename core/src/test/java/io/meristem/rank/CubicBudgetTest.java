package io.meristem.rank;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CubicBudgetTest {

    @Test
    void staysFallsAndStays() {
        CubicBudget budget = new CubicBudget(100, 20, 30, 4, 6, 5);
        assertEquals(24, budget.end());
        for (int step = 1; step <= 30; step++) {
            double left = 1 - (step - 4) / 20.0;
            long expected = step <= 4 ? 100 : step >= 24 ? 20 : (long) (80 * left * left * left + 20);
            assertEquals(expected, budget.at(step), "step " + step);
        }
        assertArrayEquals(
                new int[] {5, 10, 15, 20, 24},
                IntStream.rangeClosed(1, 30).filter(budget::prunes).toArray());
    }

    @Test
    void mayEndWithTheLastStepAndFallByNothing() {
        CubicBudget budget = new CubicBudget(12, 12, 3, 0, 0, 1);
        assertEquals(3, budget.end());
        IntStream.rangeClosed(1, 3).forEach(step -> assertEquals(12, budget.at(step)));
        assertTrue(budget.prunes(3));
        assertTrue(new CubicBudget(12, 3, 1, 0, 0, 1).prunes(1));
        assertEquals(3, new CubicBudget(12, 3, 1, 0, 0, 1).at(1));
    }

    @Test
    void refusesNonsense() {
        assertThrows(IllegalArgumentException.class, () -> new CubicBudget(10, 11, 9, 1, 1, 1));
        assertThrows(IllegalArgumentException.class, () -> new CubicBudget(10, -1, 9, 1, 1, 1));
        assertThrows(IllegalArgumentException.class, () -> new CubicBudget(10, 5, 9, 5, 4, 1));
        assertThrows(IllegalArgumentException.class, () -> new CubicBudget(10, 5, 9, -1, 4, 1));
        assertThrows(IllegalArgumentException.class, () -> new CubicBudget(10, 5, 9, 1, 4, 0));
    }

    @Test
    void equalCostsKeepTheBestAsManyAsFit() {
        double[] scores = {3, 9, 1, 9, 5};
        int[] ones = {1, 1, 1, 1, 1};
        assertArrayEquals(new boolean[] {false, true, false, false, false}, TripletChoice.within(1, scores, ones));
        assertArrayEquals(new boolean[] {false, true, false, true, true}, TripletChoice.within(3, scores, ones));
        assertArrayEquals(new boolean[] {true, true, true, true, true}, TripletChoice.within(7, scores, ones));
        assertArrayEquals(new boolean[5], TripletChoice.within(0, scores, ones));
    }

    @Test
    void dearOnesAreLeftOutForWhatStillFits() {
        double[] scores = {5, 4, 3, 2};
        int[] costs = {6, 5, 3, 1};
        assertArrayEquals(new boolean[] {true, false, true, true}, TripletChoice.within(10, scores, costs));
        assertArrayEquals(new boolean[] {false, false, false, true}, TripletChoice.within(2, scores, costs));
    }

    @Test
    void theBudgetHoldsAndNothingBetterIsLeftOutThatWouldHaveFitted() {
        Random random = new Random(11);
        for (int trial = 0; trial < 200; trial++) {
            int n = 1 + random.nextInt(20);
            double[] scores = random.doubles(n).map(s -> Math.round(s * 8)).toArray();
            int[] costs = random.ints(n, 1, 9).toArray();
            long budget = random.nextInt(60);
            boolean[] kept = TripletChoice.within(budget, scores, costs);
            for (int i = 0; i < n; i++) {
                // What better ones, and equal ones before, have left over.
                long left = budget;
                for (int j = 0; j < n; j++) {
                    boolean before = scores[j] > scores[i] || (scores[j] == scores[i] && j < i);
                    left -= before && kept[j] ? costs[j] : 0;
                }
                assertEquals(costs[i] <= left, kept[i]);
            }
            assertFalse(IntStream.range(0, n)
                            .filter(i -> kept[i])
                            .map(i -> costs[i])
                            .sum()
                    > budget);
        }
    }
}
