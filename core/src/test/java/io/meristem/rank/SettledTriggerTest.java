package io.meristem.rank;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SettledTriggerTest {

    private static SettledTrigger trigger(int calibration, int until) {
        return new SettledTrigger(calibration, until, SettledTrigger.State.START);
    }

    /** Adapters that change by as much as the learning rate lets them have not settled, however low it falls; the source's trigger fires at once. */
    @Test
    void aScheduleAloneDoesNotFireIt() {
        SettledTrigger settled = trigger(5, 40);
        UpdateTrigger falling = new UpdateTrigger(5);
        int fired = 0;
        for (int epoch = 1; epoch <= 40; epoch++) {
            double rate = 0.5 * (1 + Math.cos(Math.PI * (epoch - 0.5) / 40));
            double change = 0.03 * rate;
            assertFalse(settled.afterEpoch(epoch, change, rate), "epoch " + epoch);
            fired += falling.afterEpoch(epoch, change) ? 1 : 0;
        }
        assertEquals(35, fired);
    }

    /** The rule written out, on random changes. */
    @Test
    void followsTheRule() {
        int updates = 0;
        for (int seed = 0; seed < 100; seed++) {
            Random random = new Random(seed);
            int until = 18 + random.nextInt(10);
            SettledTrigger trigger = trigger(3, until);
            double threshold = Double.NaN;
            double smoothed = Double.NaN;
            int last = -100;
            int below = 0;
            for (int epoch = 1; epoch <= 30; epoch++) {
                double change = random.nextDouble() * Math.pow(0.97, epoch);
                double rate = 0.2 + random.nextDouble();
                smoothed = Double.isNaN(smoothed) ? change / rate : 0.5 * smoothed + 0.5 * change / rate;
                boolean expected = false;
                if (epoch == 3) {
                    threshold = smoothed;
                } else if (epoch > 3) {
                    below = smoothed < 0.8 * threshold ? below + 1 : 0;
                    if (below >= 2 && epoch - last >= 4 && epoch <= until) {
                        expected = true;
                        threshold = smoothed;
                        smoothed = Double.NaN;
                        below = 0;
                        last = epoch;
                    }
                }
                assertEquals(expected, trigger.afterEpoch(epoch, change, rate), "seed " + seed + ", epoch " + epoch);
                assertEquals(0.8 * threshold, trigger.threshold(), 1e-12);
                trigger = new SettledTrigger(3, until, trigger.state());
                updates += expected ? 1 : 0;
            }
        }
        assertTrue(updates > 50, "only " + updates);
    }

    @Test
    void updatesAreFourEpochsApartAndNoneComesLate() {
        SettledTrigger trigger = trigger(1, 12);
        List<Integer> updates = new ArrayList<>();
        for (int epoch = 1; epoch <= 20; epoch++) {
            if (trigger.afterEpoch(epoch, Math.pow(0.3, epoch), 1)) {
                updates.add(epoch);
            }
        }
        assertEquals(List.of(3, 7, 11), updates);
    }

    @Test
    void calibrationTakesAnEpoch() {
        assertThrows(IllegalArgumentException.class, () -> trigger(0, 10));
    }
}
