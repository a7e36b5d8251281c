package io.meristem.eval;

/**
 * A classifier's answers.
 *
 * @param probabilities one row per photo, one column per class, rows sum to 1
 * @param labels the true class of each photo
 * @param photos which photo each row is about, as an index into the data set
 */
public record Predictions(float[][] probabilities, int[] labels, int[] photos) {

    public int size() {
        return labels.length;
    }

    /** The most probable class of row {@code i}; the lower index wins a tie. */
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
