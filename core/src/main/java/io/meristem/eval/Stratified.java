package io.meristem.eval;

import java.util.Arrays;
import java.util.List;
import org.apache.commons.statistics.distribution.TDistribution;

/**
 * Paired differences from several strata, such as photo sets: their mean over all, in which each stratum counts the same however many pairs it has.
 *
 * @param strata differences of each, at least one stratum and at least one difference in each
 */
public record Stratified(List<double[]> strata) {

    public Stratified {
        strata = strata.stream().map(double[]::clone).toList();
        if (strata.isEmpty() || strata.stream().anyMatch(stratum -> stratum.length == 0)) {
            throw new IllegalArgumentException("a stratum has no differences");
        }
    }

    public int pairs() {
        return strata.stream().mapToInt(stratum -> stratum.length).sum();
    }

    /** Mean over the strata of their means. */
    public double mean() {
        return strata.stream().mapToDouble(Stratified::mean).average().orElseThrow();
    }

    private static double mean(double[] values) {
        return Arrays.stream(values).average().orElseThrow();
    }

    /**
     * Of the mean: its interval by Student's t. The spread of the differences is estimated within the strata and taken to be the same in all (as in a
     * one-way analysis of variance), so that differences between strata do not widen it: it speaks of these strata, not of others.
     *
     * @param level such as 0.95
     * @return null where no stratum has two differences, so that no spread is known
     */
    public Interval interval(double level) {
        int freedom = pairs() - strata.size();
        if (freedom == 0) {
            return null;
        }
        double squares = 0;
        double share = 0;
        for (double[] stratum : strata) {
            double mean = mean(stratum);
            squares += Arrays.stream(stratum).map(d -> (d - mean) * (d - mean)).sum();
            share += 1.0 / stratum.length;
        }
        double error = Math.sqrt(squares / freedom * share) / strata.size();
        double reach = error * TDistribution.of(freedom).inverseSurvivalProbability((1 - level) / 2);
        return new Interval(mean() - reach, mean() + reach);
    }

    /** Whether {@link #mean} is other than zero: the two-sided test of {@link SignFlips}, each pair's sign turned on its own. */
    public double p() {
        return new SignFlips(strata.stream()
                        .flatMapToDouble(stratum -> Arrays.stream(stratum).map(d -> d / stratum.length))
                        .toArray())
                .p();
    }
}
