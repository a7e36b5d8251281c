package io.meristem.tune;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.InputException;
import io.meristem.tune.Optimization.Kind;
import io.meristem.tune.Optimization.Schedule;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OptimizationTest {

    private static Optimization with(Schedule schedule, double warmup) {
        return Optimization.plain(1e-3).withMomentum(0.9).withSchedule(schedule).withWarmup(warmup);
    }

    @Test
    void ratesGrowLinearlyDuringWarmUp() {
        for (Schedule schedule : Schedule.values()) {
            Optimization config = with(schedule, 2);
            assertEquals(0, config.factor(0, 10));
            assertEquals(0.25, config.factor(0.5, 10), 1e-12);
            assertEquals(0.75, config.factor(1.5, 10), 1e-12);
            assertEquals(1, config.factor(2, 10), 1e-12);
        }
    }

    @Test
    void aCosineStartsFullIsHalfInTheMiddleAndEndsAtZero() {
        Optimization config = with(Schedule.COSINE, 2);
        assertEquals(0.5, config.factor(6, 10), 1e-12);
        assertEquals(0, config.factor(10, 10), 1e-12);
        assertEquals(0, config.factor(11, 10), 1e-12);
        assertEquals(1, with(Schedule.COSINE, 0).factor(0, 10), 1e-12);
    }

    @Test
    void aCosineNeverRises() {
        Optimization config = with(Schedule.COSINE, 0.5);
        double before = 1;
        for (double progress = 0.5; progress <= 3; progress += 0.01) {
            double factor = config.factor(progress, 3);
            assertTrue(factor <= before && factor >= 0, progress + ": " + factor + " after " + before);
            before = factor;
        }
    }

    @Test
    void aConstantRateStays() {
        Optimization config = with(Schedule.CONSTANT, 0);
        assertEquals(1, config.factor(0, 4));
        assertEquals(1, config.factor(3.9, 4));
    }

    @Test
    void aWarmUpLongerThanTheTrainingIsNoTrouble() {
        Optimization config = with(Schedule.COSINE, 5);
        assertEquals(0.4, config.factor(2, 2), 1e-12);
        assertEquals(0.2, config.factor(1, 2), 1e-12);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 1, 0, 0.9, 0, 0, 0",
        "-1, 1, 0, 0.9, 0, 0, 0",
        "NaN, 1, 0, 0.9, 0, 0, 0",
        "Infinity, 1, 0, 0.9, 0, 0, 0",
        "1, 0, 0, 0.9, 0, 0, 0",
        "1, 1, -0.1, 0.9, 0, 0, 0",
        "1, 1, Infinity, 0.9, 0, 0, 0",
        "1, 1, 0, 1, 0, 0, 0",
        "1, 1, 0, NaN, 0, 0, 0",
        "1, 1, 0, 0.9, -1, 0, 0",
        "1, 1, 0, 0.9, Infinity, 0, 0",
        "1, 1, 0, 0.9, 0, -1, 0",
        "1, 1, 0, 0.9, 0, NaN, 0",
        "1, 1, 0, 0.9, 0, 0, 1",
        "1, 1, 0, 0.9, 0, 0, -0.1"
    })
    void refusesWhatCannotTrain(
            double rate, double head, double decay, double momentum, double warmup, double clip, double smoothing) {
        InputException e = assertThrows(InputException.class, () -> Optimization.plain(rate)
                .withKind(Kind.SGD)
                .withHeadRate(head)
                .withWeightDecay(decay)
                .withMomentum(momentum)
                .withSchedule(Schedule.COSINE)
                .withWarmup(warmup)
                .withClipNorm(clip)
                .withLabelSmoothing(smoothing));
        assertTrue(e.getMessage().length() > 20, e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -3})
    void refusesTrainingWithoutEpochsOrPhotos(int count) {
        Optimization config = with(Schedule.COSINE, 0);
        Method method = new FullTuning();
        assertThrows(InputException.class, () -> TrainConfig.of(method, count, 1, 0, config));
        assertThrows(InputException.class, () -> TrainConfig.of(method, 1, count, 0, config));
    }
}
