package io.meristem.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.meristem.tune.FullTuning;
import io.meristem.tune.Lora;
import io.meristem.tune.Method;
import io.meristem.tune.Preset;
import io.meristem.tune.TrainConfig;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class TimeLeftTest {

    private static final StudyData SMALL = new StudyData("small", null);
    private static final StudyData LARGE = new StudyData("large", null);
    private static final StudyModel A = new StudyModel("a", null);
    private static final StudyModel B = new StudyModel("b", null);

    /** Of 20 epochs. */
    private static StudyRun cell(StudyModel model, StudyData data, Method method, long seed) {
        return new StudyRun(model, data, TrainConfig.usual(method, Preset.DEFAULT, 0), null, seed);
    }

    @Test
    void goesByWhatIsMostAlikeInProportionToPhotosAndEpochs() {
        TimeLeft time = new TimeLeft(data -> data.equals(SMALL) ? 100 : 300);
        StudyRun lora = cell(A, SMALL, Lora.DEFAULT, 1);
        assertNull(time.of(List.of(lora)));
        time.learn(cell(A, SMALL, Lora.DEFAULT, 0), 2);
        assertEquals(Duration.ofSeconds(40), time.of(List.of(lora)));
        assertEquals(Duration.ofMinutes(2), time.of(List.of(cell(A, LARGE, Lora.DEFAULT, 1))));
        // Another method and another model: nothing better is known.
        assertEquals(Duration.ofSeconds(40), time.of(List.of(cell(B, SMALL, new FullTuning(), 1))));
        time.learn(cell(A, SMALL, new FullTuning(), 0), 6);
        assertEquals(Duration.ofSeconds(40), time.of(List.of(lora)));
        assertEquals(Duration.ofMinutes(2), time.of(List.of(cell(A, SMALL, new FullTuning(), 1))));
        assertEquals(Duration.ofSeconds(80), time.of(List.of(cell(B, SMALL, Lora.DEFAULT, 1))));
        assertEquals(Duration.ZERO, time.of(List.of()));
    }
}
