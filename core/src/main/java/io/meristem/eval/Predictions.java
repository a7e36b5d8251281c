package io.meristem.eval;

import java.util.stream.IntStream;

/**
 * A classifier's answers.
 *
 * @param probabilities one row per photo, one column per class, rows sum to 1; a row of NaN where the network's numbers overflowed, which is no answer
 * @param labels the true class of each photo
 * @param photos which photo each row is about, as an index into the data set
 */
public record Predictions(float[][] probabilities, int[] labels, int[] photos) {

    /** Said of a photo about which a network has no answer. */
    public static final String OVERFLOW =
            "the network's numbers overflow on this photo, so there is no answer: its weights are damaged, or its training went wrong";

    public int size() {
        return labels.length;
    }

    /** Whether a row of probabilities is an answer: every one of them is a number. */
    public static boolean isAnswer(float[] row) {
        for (float p : row) {
            if (!Float.isFinite(p)) {
                return false;
            }
        }
        return row.length > 0;
    }

    /** The rows that are no answers, in ascending order. */
    public int[] overflowed() {
        return IntStream.range(0, size())
                .filter(i -> !isAnswer(probabilities[i]))
                .toArray();
    }

    /** The most probable class of row {@code i}, which must be an answer; the lower index wins a tie. */
    public int top(int i) {
        float[] row = probabilities[i];
        int best = 0;
        for (int c = 1; c < row.length; c++) {
            if (row[c] > row[best]) {
                best = c;
            }
        }
        return best;
    }

    /** The probability of the class that is named for row {@code i}. */
    public float confidence(int i) {
        return probabilities[i][top(i)];
    }
}
