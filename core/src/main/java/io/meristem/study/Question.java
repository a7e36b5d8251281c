package io.meristem.study;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * What a study asks, and the table that answers it.
 *
 * @param id names the table's files
 * @param measure for {@link Kind#MATRIX}
 * @param side for {@link Kind#POOLED}: what photos methods are compared on
 * @param published the name of the printed numbers that go beside ours ({@link Published}), or null
 * @param methods that are compared
 */
public record Question(
        String id,
        Kind kind,
        String title,
        String caption,
        Measure measure,
        Side side,
        String published,
        List<StudyMethod> methods) {

    /** How the answer is laid out. */
    @SuppressWarnings("ImmutableEnumChecker") // builders are functions without a state
    public enum Kind {
        /** A row per photos, model and method with accuracy, size and time. */
        COMPARISON(ComparisonTable::of),
        /** A row per method, a column per photos and model, one measure. */
        MATRIX(MatrixTable::of),
        /** A row per photos, model and method with its differences to the first method, run by run, and a test of them. */
        PAIRED(PairedTable::of),
        /** A row per method with its differences to the first method, pooled over photos and models: intervals, a test, and Holm's correction. */
        POOLED(PooledTable::of),
        /** A row per photos, model, method and trial: how settings were chosen. */
        TUNING(TuningTable::of),
        /** A row per run with its sizes and the epochs in which they begin. */
        SIZES(SizesTable::of),
        /** A row per run and epoch: the course of training. */
        CURVES(CurvesTable::of),
        /** A row per photos, model and method, a column per perturbation. */
        ROBUSTNESS((question, results) -> RobustnessTable.of(question, results, results.perturbed()));

        private interface Builder {
            ResultTable table(Question question, Results results);
        }

        private final Builder builder;

        Kind(Builder builder) {
            this.builder = builder;
        }

        /** Whether the table needs no more than a line per run. */
        boolean fromLines() {
            return this != SIZES && this != CURVES && this != ROBUSTNESS;
        }
    }

    /** Photos that runs are compared on. */
    public enum Side {
        /** Those kept apart for the end; runs that have none are left out. */
        @JsonProperty("test")
        TEST,
        /** Those that the best epoch, and settings, are chosen on. */
        @JsonProperty("val")
        VAL
    }

    public Question {
        side = side == null ? Side.TEST : side;
        methods = List.copyOf(methods);
    }

    Question withMethods(List<StudyMethod> kept) {
        return new Question(id, kind, title, caption, measure, side, published, kept);
    }

    /** The answer as far as runs are finished. */
    ResultTable table(Results results) {
        return kind.builder.table(this, results);
    }
}
