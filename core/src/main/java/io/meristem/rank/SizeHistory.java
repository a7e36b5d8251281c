package io.meristem.rank;

import java.util.List;

/** Which size was trained in which epochs. */
public final class SizeHistory {

    /** @param firstEpoch the first epoch, from 1, trained with {@code size} */
    public record Span(int firstEpoch, double size) {}

    private SizeHistory() {}

    /** The mean over {@code epochs} epochs of the size trained in each: the source's "Avg_Parm". */
    public static double average(List<Span> spans, int epochs) {
        if (spans.isEmpty() || spans.get(0).firstEpoch() != 1) {
            throw new IllegalArgumentException("the first span must start with epoch 1");
        }
        double sum = 0;
        for (int i = 0; i < spans.size(); i++) {
            int end = i + 1 < spans.size() ? spans.get(i + 1).firstEpoch() : epochs + 1;
            sum += spans.get(i).size()
                    * Math.max(0, Math.min(end, epochs + 1) - spans.get(i).firstEpoch());
        }
        return sum / epochs;
    }
}
