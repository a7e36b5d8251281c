package io.meristem.rank;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What was seen, in words and shares. */
class ScorerSummaryTest {

    private static ScorerSummary.Layer layer(String name, double importance, Double... gains) {
        return new ScorerSummary.Layer(name, importance, List.of(gains));
    }

    @Test
    void directionsAreCountedOverAllLayers() {
        ScorerSummary sight = new ScorerSummary(
                List.of(layer("a", 1, 6.0, 1.0, 0.0), layer("b", 0.4, 2.0, 0.5), layer("c", 0, 0.5, 0.0)));
        assertEquals("90 % of the gain lies in 3 directions of 2 layers; the first is a, with 60 %.", sight.sentence());
        assertEquals(List.of(0.6, 0.8, 0.9, 0.95, 1.0), sight.held());
        assertEquals(0.7, sight.share(sight.layers().get(0)), 1e-12);
        ScorerSummary one = new ScorerSummary(List.of(layer("a", 1, 30.0, 0.1), layer("b", 0, 0.0)));
        assertEquals("90 % of the gain lies in 1 direction; the first is a, with 100 %.", one.sentence());
        ScorerSummary single = new ScorerSummary(List.of(layer("a", 1, 3.0, 3.0)));
        assertEquals("90 % of the gain lies in 2 directions of 1 layer; the first is a, with 50 %.", single.sentence());
    }

    @Test
    void whereNothingGainsThatIsSaid() {
        ScorerSummary sight = new ScorerSummary(List.of(layer("a", 0, 0.0, 0.0), layer("b", 0, 0.0)));
        assertEquals("No direction gains anything on photos that it was not seen on.", sight.sentence());
        assertEquals(List.of(), sight.held());
        assertEquals(0, sight.share(sight.layers().get(0)));
        assertEquals("No layer is of any importance.", new ScorerSummary(List.of(layer("a", 0))).sentence());
        assertEquals("No layer is of any importance.", new ScorerSummary(List.of()).sentence());
    }

    @Test
    void importancesAreOfWholeLayers() {
        ScorerSummary sight =
                new ScorerSummary(List.of(layer("a", 0.2), layer("b", 0.9), layer("c", 0.3), layer("d", 0.1)));
        assertEquals("Half of all importance lies in 1 of 4 layers; the first is b.", sight.sentence());
        assertEquals(0.6, sight.share(sight.layers().get(1)), 1e-12);
        assertEquals(
                "All 2 layers are of the same importance.",
                new ScorerSummary(List.of(layer("a", 1), layer("b", 1))).sentence());
    }
}
