package io.meristem.tune;

import io.meristem.eval.Scores;

/**
 * Tells an exploded loss from a noisy one. Exploded is a loss above {@value #EXPLODED} times what is usual, in {@value #STEPS} steps one after the other, or
 * in as many as an epoch has where that is fewer, though not in fewer than {@value #LEAST_STEPS}. Usual is the mean of the first epoch, and while that lasts the loss of the first step; but never less
 * than that of an answer by chance, ln(classes), so that a start from a trained head does not make the watch strict.
 */
final class LossWatch {

    static final double EXPLODED = 10;
    static final int STEPS = 20;
    static final int LEAST_STEPS = 5;

    /** Share of the log loss of naming one class for all photos. */
    static final double HOPELESS = 0.9;

    private final double chance;
    private final double hopeless;
    private final int patience;
    private Double usual;
    private boolean firstEpochOver;
    private int streak;

    /** @param steps of an epoch */
    LossWatch(int classes, int steps) {
        chance = Math.log(Math.max(2, classes));
        hopeless = HOPELESS * (1 - 1.0 / Math.max(2, classes)) * Scores.WORST_LOG_LOSS;
        patience = Math.max(LEAST_STEPS, Math.min(STEPS, steps));
    }

    /** Goes on from what another has seen. */
    void load(TrainState.Losses seen) {
        usual = seen.usual();
        firstEpochOver = seen.firstEpochOver();
        streak = seen.streak();
    }

    TrainState.Losses seen() {
        return new TrainState.Losses(usual, firstEpochOver, streak);
    }

    /** Takes in the loss of a step; whether that makes it exploded. */
    boolean explodes(double loss) {
        if (usual == null) {
            usual = Math.max(chance, loss);
        }
        streak = loss > limit() ? streak + 1 : 0;
        return streak >= patience;
    }

    /** Above it a loss is not noise. */
    double limit() {
        return EXPLODED * usual;
    }

    /**
     * Whether an epoch has ended exploded: its last step was, and the validation photos are answered about as badly as by naming one class for all of them,
     * surely. A loss that is not even a number is enough.
     */
    boolean endsBroken(double validationLoss) {
        return Double.isNaN(validationLoss) || (streak > 0 && validationLoss > hopeless);
    }

    /** @param loss mean of the epoch */
    void endEpoch(double loss) {
        if (!firstEpochOver) {
            firstEpochOver = true;
            usual = Math.max(chance, loss);
        }
    }

    /** An epoch is done again. */
    void goBack() {
        streak = 0;
    }
}
