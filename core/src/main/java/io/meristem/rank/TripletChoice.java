package io.meristem.rank;

import java.util.Comparator;
import java.util.stream.IntStream;

/** Which parts of a whole are kept within a budget: the best ones. */
public final class TripletChoice {

    private TripletChoice() {}

    /**
     * Goes through the scores from the greatest down, the earlier first where they are equal, and keeps each whose cost still fits. With equal costs
     * these are the best as many as fit.
     *
     * @param costs not negative
     * @param budget that the costs of all kept together do not exceed
     */
    public static boolean[] within(long budget, double[] scores, int[] costs) {
        boolean[] kept = new boolean[scores.length];
        long[] left = {budget};
        IntStream.range(0, scores.length)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> -scores[i]))
                .forEachOrdered(i -> {
                    if (costs[i] <= left[0]) {
                        left[0] -= costs[i];
                        kept[i] = true;
                    }
                });
        return kept;
    }
}
