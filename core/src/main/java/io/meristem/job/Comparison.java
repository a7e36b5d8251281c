package io.meristem.job;

import io.meristem.Message;
import io.meristem.eval.Interval;
import io.meristem.eval.Paired;
import java.nio.file.Path;
import java.util.List;

/**
 * Runs side by side on the same photos.
 *
 * @param side of the split, {@code val} or {@code test}
 * @param photos how many of it
 * @param seed of the bootstrap
 * @param pairs the first run with each of the others
 * @param cautions what a reader ought to know, one sentence each
 */
public record Comparison(
        String side, int photos, long seed, List<Entry> runs, List<Pair> pairs, List<Message> cautions) {

    /**
     * @param seed of its training
     * @param right photos answered rightly
     * @param interval of the accuracy, 95 %
     */
    public record Entry(
            Path run, String model, String method, long seed, int right, double accuracy, Interval interval) {}

    /**
     * Two runs.
     *
     * @param counts photos by who has them right
     * @param difference accuracy of the second less that of the first
     * @param interval of the difference, 95 %, from the paired bootstrap
     * @param p of McNemar's exact test
     * @param holm the same, raised for the number of pairs
     * @param classes in label order
     * @param differing photos that the two call differently
     */
    public record Pair(
            Path first,
            Path second,
            Paired counts,
            double difference,
            Interval interval,
            double p,
            double holm,
            List<ByClass> classes,
            List<Differing> differing) {}

    /** Of one class's photos, how many each has right; the difference is the second's share less the first's, null without photos. */
    public record ByClass(String name, int photos, int first, int second, Double difference) {}

    /** A photo, its true class, and what the two call it. */
    public record Differing(String path, String truth, String first, String second) {}
}
