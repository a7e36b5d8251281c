package io.meristem.tune;

import io.meristem.eval.Scores;

/**
 * What one epoch gave.
 *
 * @param rate learning rate of the adapters at the epoch's end
 * @param trainLoss mean over its photos, augmented and with label smoothing and class weights as trained
 * @param trainAccuracy on the same augmented photos, in passing
 * @param val on the validation photos after the epoch, in float32 whatever is trained in, as the result has them; or null without any
 * @param numbers trainable numbers of the method in this epoch, those of its last step where they change within it (the head, when it trains in
 *     full, is not among them)
 * @param allocated trainable numbers that there is memory for then: {@code numbers} and those that are masked
 * @param headNumbers trainable numbers of a head that trains in full, otherwise 0
 * @param change mean relative change of the adapters' updates; NaN where not measured
 * @param threshold for a new allocation after this epoch's decision; NaN before calibration
 * @param reallocated whether the adapters were merged and ranks allocated anew after this epoch
 * @param lowered how often the learning rates have been lowered so far, because numbers went wrong
 * @param timing what it took; not part of the metrics, since it never repeats
 */
public record EpochReport(
        int epoch,
        double rate,
        double trainLoss,
        double trainAccuracy,
        Scores val,
        long numbers,
        long allocated,
        long headNumbers,
        double change,
        double threshold,
        boolean reallocated,
        int lowered,
        Timing timing) {

    /**
     * Seconds.
     *
     * @param train the epoch's steps, waiting included
     * @param waited for photos
     * @param validate judging
     * @param allocate merging and allocating after the epoch
     */
    public record Timing(double train, double waited, double validate, double allocate) {}
}
