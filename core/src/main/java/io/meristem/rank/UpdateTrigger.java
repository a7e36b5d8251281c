package io.meristem.rank;

/**
 * Decides after each epoch whether ranks are allocated anew: once the change of the adapters falls below a threshold, which the calibration epoch
 * sets and each reallocation lowers. Not thread-safe; {@link #state} is all there is to save.
 */
public final class UpdateTrigger {

    /** @param threshold NaN until the calibration epoch has passed */
    public record State(int calibrationEpochs, double threshold) {}

    private final int calibrationEpochs;
    private double threshold;

    public UpdateTrigger(int calibrationEpochs) {
        this(new State(calibrationEpochs, Double.NaN));
    }

    public UpdateTrigger(State state) {
        if (state.calibrationEpochs() < 1) {
            throw new IllegalArgumentException(
                    "calibration takes at least one epoch, not " + state.calibrationEpochs());
        }
        calibrationEpochs = state.calibrationEpochs();
        threshold = state.threshold();
    }

    /**
     * @param epoch the epoch that has just ended, from 1
     * @param change mean over the layers of the relative change of the adapter's update during it
     * @return whether to merge and allocate now
     */
    public boolean afterEpoch(int epoch, double change) {
        if (epoch == calibrationEpochs) {
            threshold = change;
            return false;
        }
        if (epoch > calibrationEpochs && change < threshold) {
            threshold = change;
            return true;
        }
        return false;
    }

    public State state() {
        return new State(calibrationEpochs, threshold);
    }
}
