package io.meristem.artifact;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.meristem.eval.Coverage;
import io.meristem.eval.Predictions;
import io.meristem.eval.Reliability;
import io.meristem.eval.Temperature;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How much a run's probabilities can be trusted, and the temperature that mends them, fitted on its validation photos.
 *
 * @param temperature what logits are divided by
 * @param note why it is 1, where the photos did not settle it, or that it lies at a bound; null otherwise
 * @param photos it was fitted on
 * @param val of the validation photos, which flatter: the temperature is theirs; null when the run was imported
 * @param test of the test photos; null when there are none
 * @param ranks temperatures of the best state cut to ranks, where it was judged at some
 */
public record Calibration(double temperature, String note, int photos, Side val, Side test, List<AtRank> ranks) {

    public Calibration {
        requireTemperature(temperature);
        ranks = ranks == null ? List.of() : List.copyOf(ranks);
    }

    /** Of an imported run, whose temperature was fitted where it was trained. */
    static Calibration imported(double temperature) {
        return new Calibration(temperature, "fitted before it was imported", 0, null, null, List.of());
    }

    /** Of a state cut to a rank. */
    public record AtRank(int rank, double temperature) {

        public AtRank {
            requireTemperature(temperature);
        }
    }

    private static void requireTemperature(double temperature) {
        if (!(temperature > 0 && Double.isFinite(temperature))) {
            throw new IllegalArgumentException("a temperature of " + temperature);
        }
    }

    /**
     * One side's photos.
     *
     * @param before as the network gives them
     * @param after at the temperature; null without one
     * @param coverage what is left when answers below usual thresholds are withheld, at the temperature where there is one
     * @param curve the same from few answers to all
     */
    public record Side(
            Reliability before,
            @JsonInclude(JsonInclude.Include.NON_NULL) Reliability after,
            List<Coverage.Point> coverage,
            List<Coverage.Point> curve) {

        /** @param temperature null for probabilities as they are */
        public static Side of(Predictions p, Double temperature) {
            Predictions q = temperature == null ? p : Temperature.apply(p, temperature);
            return new Side(
                    Reliability.of(p),
                    temperature == null ? null : Reliability.of(q),
                    Coverage.table(q),
                    Coverage.curve(q));
        }
    }

    /**
     * Fits on the validation photos among the answers, and looks at the test photos with what was fitted; empty without validation photos.
     *
     * @param answers of a run's best state, not calibrated
     */
    public static Optional<Calibration> of(List<PhotoAnswer> answers, List<AtRank> ranks) {
        Predictions val = side(answers, "val");
        if (val.size() == 0) {
            return Optional.empty();
        }
        Predictions test = side(answers, "test");
        Temperature.Fit fit = Temperature.fit(val);
        return Optional.of(new Calibration(
                fit.temperature(),
                fit.note(),
                val.size(),
                Side.of(val, fit.temperature()),
                test.size() == 0 ? null : Side.of(test, fit.temperature()),
                ranks));
    }

    /** The answers about one side's photos. */
    public static Predictions side(List<PhotoAnswer> answers, String side) {
        List<float[]> rows = new ArrayList<>();
        List<Integer> labels = new ArrayList<>();
        for (PhotoAnswer answer : answers) {
            if (answer.side().equals(side)) {
                rows.add(answer.probabilities());
                labels.add(answer.label());
            }
        }
        return new Predictions(
                rows.toArray(float[][]::new),
                labels.stream().mapToInt(Integer::intValue).toArray(),
                new int[rows.size()]);
    }
}
