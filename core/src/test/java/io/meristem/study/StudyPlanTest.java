package io.meristem.study;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class StudyPlanTest {

    private static StudyPlan plan() {
        return new StudyPlan(StudyReader.preset("table7", Specs.scratch("full", "dra", "lora")));
    }

    private static List<String> words(List<RunRequest> slots) {
        return slots.stream().map(s -> s.method().label() + "/" + s.seed()).toList();
    }

    @Test
    void seedBySeedAndSizesBeforeThoseWhoTakeThem() {
        StudyPlan plan = plan();
        assertEquals(
                List.of("full/0", "dra/0", "lora at 1.5x/0", "lora at 1x/0", "lora at 0.5x/0", "full/1"),
                words(plan.slots()).subList(0, 6));
    }

    @Test
    void troubledRunsComeLastWithThoseThatWaitForThem() {
        StudyPlan plan = plan();
        List<RunRequest> all = plan.slots();
        RunRequest dra = all.get(1);
        List<String> ordered = words(plan.ordered(all, List.of(dra)));
        assertEquals("full/0", ordered.get(0));
        assertEquals("full/1", ordered.get(1));
        assertEquals(
                List.of("dra/0", "lora at 1.5x/0", "lora at 1x/0", "lora at 0.5x/0"),
                ordered.subList(all.size() - 4, all.size()));
        List<String> sorted = new ArrayList<>(words(all));
        Collections.sort(sorted);
        List<String> same = new ArrayList<>(ordered);
        Collections.sort(same);
        assertEquals(sorted, same);
    }
}
