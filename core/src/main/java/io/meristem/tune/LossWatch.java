package io.meristem.tune;

/**
 * Tells an exploded loss from a noisy one. Exploded is a loss above {@value #EXPLODED} times what is usual, in {@value #STEPS} steps one after the other, or
 * in as many as an epoch has where that is fewer. Usual is the mean of the first epoch, and while that lasts the loss of the first step; but never less
 * than that of an answer by chance, ln(classes), so that a start from a trained head does not make the watch strict.
 */
final class LossWatch {

    static final double EXPLODED = 10;
    static final int STEPS = 20;

    private final double chance;
    private final int patience;
    private double usual = Double.NaN;
    private boolean firstEpochOver;
    private int streak;

    /** @param steps of an epoch */
    LossWatch(int classes, int steps) {
        chance = Math.log(Math.max(2, classes));
        patience = Math.min(STEPS, steps);
    }

    /** Takes in the loss of a step; whether that makes it exploded. */
    boolean explodes(double loss) {
        if (Double.isNaN(usual)) {
            usual = Math.max(chance, loss);
        }
        streak = loss > limit() ? streak + 1 : 0;
        return streak >= patience;
    }

    /** Above it a loss is not noise. */
    double limit() {
        return EXPLODED * usual;
    }

    /** Whether an epoch has ended exploded: so are its last step and the loss on all validation photos, or that is not even a number. */
    boolean endsBroken(double validationLoss) {
        return Double.isNaN(validationLoss) || (streak > 0 && validationLoss > limit());
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
