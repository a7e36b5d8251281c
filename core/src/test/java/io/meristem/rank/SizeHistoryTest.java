package io.meristem.rank;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.meristem.rank.SizeHistory.Span;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SizeHistoryTest {

    /** Tables 1 and 2 of the source: first epochs and sizes in, average size out, 40 epochs. */
    @ParameterizedTest(name = "{0} {1}")
    @CsvSource({
        "wheat, AlexNet, 1 7 17 29, 1.35 1.01 0.76 0.72, 0.90",
        "wheat, MobileNetV2, 1 7 13 21 30, 0.33 0.20 0.19 0.19 0.19, 0.21",
        "wheat, RegNetY, 1 7 15 26 39, 3.56 2.58 2.54 2.44 2.31, 2.66",
        "wheat, ConvNeXt, 1 7 14 24 35, 19.62 18.21 16.71 13.80 13.73, 16.17",
        "plant, AlexNet, 1 7 19, 1.38 0.62 0.49, 0.66",
        "plant, MobileNetV2, 1 7 15 25 37, 0.27 0.26 0.25 0.23 0.23, 0.25",
        "plant, RegNetY, 1 7, 3.64 1.83, 2.10",
        "plant, ConvNeXt, 1 7 14 22 33, 18.34 13.58 13.47 10.45 9.26, 12.55"
    })
    void reproducesThePrintedAverages(String dataset, String model, String starts, String sizes, double average) {
        String[] start = starts.split(" ");
        String[] size = sizes.split(" ");
        List<Span> spans = new ArrayList<>();
        for (int i = 0; i < start.length; i++) {
            spans.add(new Span(Integer.parseInt(start[i]), Double.parseDouble(size[i])));
        }
        // Half a unit of the printed average and as much of the printed sizes.
        assertEquals(average, SizeHistory.average(spans, 40), 0.0101);
    }

    @Test
    void countsOnlyEpochsThatWereTrained() {
        List<Span> spans = List.of(new Span(1, 4), new Span(4, 1));
        assertEquals((3 * 4 + 1) / 4.0, SizeHistory.average(spans, 4), 1e-15);
        assertEquals(4, SizeHistory.average(spans, 3), 1e-15);
        assertEquals(4, SizeHistory.average(spans, 2), 1e-15);
    }

    @Test
    void startsWithTheFirstEpoch() {
        assertThrows(IllegalArgumentException.class, () -> SizeHistory.average(List.of(), 4));
        assertThrows(IllegalArgumentException.class, () -> SizeHistory.average(List.of(new Span(2, 1)), 4));
    }
}
