package io.meristem.tune;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class OptimizationTest {

    private static Optimization of(Optimization.Schedule schedule, double warmup) {
        return new Optimization(Optimization.Kind.ADAMW, 1e-3, 1e-3, 0, 0.9, schedule, warmup, 1, 0, false);
    }

    @Test
    void cosineGrowsDuringWarmUpAndFallsToZero() {
        Optimization cosine = of(Optimization.Schedule.COSINE, 2);
        assertEquals(0, cosine.factor(0, 10), 1e-12);
        assertEquals(0.5, cosine.factor(1, 10), 1e-12);
        assertEquals(1, cosine.factor(2, 10), 1e-12);
        assertEquals(0.5, cosine.factor(6, 10), 1e-12);
        assertEquals(0, cosine.factor(10, 10), 1e-12);
    }

    @Test
    void constantStaysAfterWarmUp() {
        Optimization constant = of(Optimization.Schedule.CONSTANT, 0.5);
        assertEquals(0.5, constant.factor(0.25, 10), 1e-12);
        assertEquals(1, constant.factor(0.5, 10), 1e-12);
        assertEquals(1, constant.factor(9.9, 10), 1e-12);
        assertEquals(1, of(Optimization.Schedule.CONSTANT, 0).factor(0, 10), 1e-12);
    }

    @Test
    void impossibleSettingsAreRefused() {
        assertThrows(
                IllegalArgumentException.class,
                () -> new Optimization(
                        Optimization.Kind.SGD, 0, 1, 0, 0.9, Optimization.Schedule.COSINE, 0, 0, 0, false));
        assertThrows(
                IllegalArgumentException.class,
                () -> new Optimization(
                        Optimization.Kind.SGD, 1, 1, 0, 1, Optimization.Schedule.COSINE, 0, 0, 0, false));
        assertThrows(
                IllegalArgumentException.class,
                () -> new Optimization(
                        Optimization.Kind.SGD, 1, 1, 0, 0.9, Optimization.Schedule.COSINE, 0, 0, 1, false));
    }
}
