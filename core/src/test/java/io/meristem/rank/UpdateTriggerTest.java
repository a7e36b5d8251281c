package io.meristem.rank;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class UpdateTriggerTest {

    /** The loop of docs/method.md written out, against the trigger, on random changes. */
    @Test
    void followsTheLoop() {
        for (int seed = 0; seed < 100; seed++) {
            Random random = new Random(seed);
            UpdateTrigger trigger = new UpdateTrigger(5);
            double threshold = Double.NaN;
            for (int epoch = 1; epoch <= 40; epoch++) {
                double d = random.nextDouble() / epoch;
                boolean expected = false;
                if (epoch == 5) {
                    threshold = d;
                } else if (epoch > 5 && d < threshold) {
                    expected = true;
                    threshold = d;
                }
                assertEquals(expected, trigger.afterEpoch(epoch, d), "seed " + seed + ", epoch " + epoch);
                assertEquals(threshold, trigger.state().threshold());
            }
        }
    }

    @Test
    void theEarliestNewRanksTrainInEpochSeven() {
        UpdateTrigger trigger = new UpdateTrigger(5);
        List<Integer> starts = new ArrayList<>();
        for (int epoch = 1; epoch <= 8; epoch++) {
            if (trigger.afterEpoch(epoch, 1.0 / epoch)) {
                starts.add(epoch + 1);
            }
        }
        assertEquals(List.of(7, 8, 9), starts);
    }

    @Test
    void anEqualChangeDoesNotTrigger() {
        UpdateTrigger trigger = new UpdateTrigger(1);
        assertFalse(trigger.afterEpoch(1, 0.5));
        assertFalse(trigger.afterEpoch(2, 0.5));
        assertTrue(trigger.afterEpoch(3, 0.49));
        assertFalse(trigger.afterEpoch(4, 0.495), "a reallocation lowers the threshold");
    }

    @Test
    void goesOnFromItsState() {
        UpdateTrigger whole = new UpdateTrigger(3);
        UpdateTrigger parts = new UpdateTrigger(3);
        Random random = new Random(5);
        for (int epoch = 1; epoch <= 30; epoch++) {
            double change = random.nextDouble();
            assertEquals(whole.afterEpoch(epoch, change), parts.afterEpoch(epoch, change));
            parts = new UpdateTrigger(parts.state());
        }
    }

    @Test
    void needsACalibrationEpoch() {
        assertThrows(IllegalArgumentException.class, () -> new UpdateTrigger(0));
    }
}
