package io.meristem.artifact;

/**
 * What a run's best state said about one labelled photo.
 *
 * @param side of the split: {@code train}, {@code val} or {@code test}; {@code all} for photos of another folder that was judged undivided
 * @param path of the photo below its data folder, with {@code /} on every platform
 * @param label index of its true class
 * @param probabilities one per class in label order, adding up to 1; not calibrated
 */
@SuppressWarnings("ArrayRecordComponent")
public record PhotoAnswer(String side, String path, int label, float[] probabilities) {

    /** Index of the most probable class; the lower one wins a tie. */
    public int predicted() {
        int best = 0;
        for (int c = 1; c < probabilities.length; c++) {
            if (probabilities[c] > probabilities[best]) {
                best = c;
            }
        }
        return best;
    }

    public boolean right() {
        return predicted() == label;
    }

    /** Of the class that was named. */
    public double confidence() {
        return probabilities[predicted()];
    }
}
