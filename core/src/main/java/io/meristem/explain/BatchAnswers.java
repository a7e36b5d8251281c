package io.meristem.explain;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.engine.Tensors;
import io.meristem.eval.Predictions;
import io.meristem.tune.Inference;
import org.bytedeco.pytorch.Tensor;

/** What a network says of a batch, and the class of each photo that is asked about. */
@SuppressWarnings("ArrayRecordComponent")
record BatchAnswers(float[][] rows, int[] labels) {

    /**
     * @param logits (N, classes)
     * @param labels null for the most probable class of each
     * @throws InputException when a logit is not finite: there is no answer to explain then
     */
    static BatchAnswers of(Tensor logits, int[] labels) {
        float[][] rows = Inference.probabilities(logits);
        int[] chosen = new int[rows.length];
        for (int i = 0; i < rows.length; i++) {
            if (!Predictions.isAnswer(rows[i])) {
                throw new InputException(
                        ErrorCode.NOT_FINITE, "There is nothing to explain, %s.", Predictions.OVERFLOW);
            }
            chosen[i] = labels == null ? best(rows[i]) : labels[i];
        }
        return new BatchAnswers(rows, chosen);
    }

    /** The lower index wins a tie, as everywhere. */
    private static int best(float[] row) {
        int best = 0;
        for (int c = 1; c < row.length; c++) {
            if (row[c] > row[best]) {
                best = c;
            }
        }
        return best;
    }

    /** (N, classes), 1 for the class that is asked about; the current scope owns it. */
    Tensor oneHot() {
        int classes = rows[0].length;
        float[] flat = new float[rows.length * classes];
        for (int i = 0; i < rows.length; i++) {
            flat[i * classes + labels[i]] = 1;
        }
        return Tensors.of(flat, rows.length, classes);
    }

    /** @param maps (N, h, w) */
    Explanation[] with(Tensor maps, CoarseMap.Cells cells) {
        int height = Math.toIntExact(maps.size(1));
        int width = Math.toIntExact(maps.size(2));
        float[] flat = Tensors.toFloats(maps);
        Explanation[] all = new Explanation[rows.length];
        for (int i = 0; i < all.length; i++) {
            float[] values = new float[height * width];
            System.arraycopy(flat, i * values.length, values, 0, values.length);
            all[i] = new Explanation(labels[i], rows[i], new CoarseMap(width, height, values, cells));
        }
        return all;
    }
}
