package io.meristem.eval;

import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Objects;

/**
 * Several runs' values of one measure.
 *
 * @param n how many runs have it
 * @param deviation sample standard deviation, NaN for fewer than two
 */
public record Spread(long n, double mean, double deviation, double least, double most) {

    /** Nulls do not count; null when nothing is left. */
    public static Spread of(List<Double> values) {
        List<Double> known = values.stream().filter(Objects::nonNull).toList();
        if (known.isEmpty()) {
            return null;
        }
        DoubleSummaryStatistics s =
                known.stream().mapToDouble(Double::doubleValue).summaryStatistics();
        double mean = s.getAverage();
        double squares =
                known.stream().mapToDouble(v -> (v - mean) * (v - mean)).sum();
        double deviation = s.getCount() < 2 ? Double.NaN : Math.sqrt(squares / (s.getCount() - 1));
        return new Spread(s.getCount(), mean, deviation, s.getMin(), s.getMax());
    }
}
