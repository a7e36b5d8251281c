package io.meristem.study;

import java.util.List;

/**
 * What a study asks, and the table that answers it.
 *
 * @param id names the table's files
 * @param measure for {@link Kind#MATRIX}
 * @param published the name of the printed numbers that go beside ours ({@link Published}), or null
 * @param methods that are compared
 */
public record Question(
        String id,
        Kind kind,
        String title,
        String caption,
        Measure measure,
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
    }

    public Question {
        methods = List.copyOf(methods);
    }

    Question withMethods(List<StudyMethod> kept) {
        return new Question(id, kind, title, caption, measure, published, kept);
    }

    /** The answer as far as runs are finished. */
    ResultTable table(Results results) {
        return kind.builder.table(this, results);
    }
}
