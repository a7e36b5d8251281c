package io.meristem.rank;

import com.fasterxml.jackson.annotation.JsonInclude;

/**
 * Decides after each epoch whether ranks are allocated anew: once the change of the adapters per learning rate, smoothed over the epochs, has been below 0.8 of a
 * threshold twice running. The calibration epoch sets the threshold, and each reallocation lowers it. A learning rate that falls makes the adapters change less by
 * itself; divided by it, the change does not follow the schedule. Not thread-safe; {@link #state} is all there is to save.
 */
public final class SettledTrigger {

    /**
     * What it remembers.
     *
     * @param threshold null until the calibration epoch has passed
     * @param smoothed change per learning rate; null at the beginning and after a reallocation
     * @param below how many epochs in a row it has been below, up to the last one
     * @param last epoch that a reallocation followed; 0 for none
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record State(Double threshold, Double smoothed, int below, int last) {

        /** Before the first epoch. */
        public static final State START = new State(null, null, 0, 0);
    }

    private static final double SHARE = 0.8;
    private static final int RUNNING = 2;

    /** Epochs from one reallocation to the next, at least. */
    private static final int APART = 4;

    /** Weight of an epoch in the smoothed change. */
    private static final double WEIGHT = 0.5;

    private final int calibrationEpochs;
    private final int until;
    private State state;

    /**
     * @param calibrationEpochs the epoch that sets the threshold
     * @param until the last epoch that a reallocation may follow
     */
    public SettledTrigger(int calibrationEpochs, int until, State state) {
        if (calibrationEpochs < 1) {
            throw new IllegalArgumentException("calibration takes at least one epoch, not " + calibrationEpochs);
        }
        this.calibrationEpochs = calibrationEpochs;
        this.until = until;
        this.state = state;
    }

    /**
     * @param epoch the epoch that has just ended, from 1
     * @param change mean over the layers of the relative change of the adapter's update during it
     * @param rate mean factor on the learning rates during it
     * @return whether to allocate now
     */
    public boolean afterEpoch(int epoch, double change, double rate) {
        double now = rate > 0 ? change / rate : change;
        double smoothed = state.smoothed == null ? now : WEIGHT * now + (1 - WEIGHT) * state.smoothed;
        if (epoch <= calibrationEpochs || state.threshold == null) {
            state = new State(epoch < calibrationEpochs ? null : (Double) smoothed, smoothed, 0, state.last);
            return false;
        }
        int below = smoothed < SHARE * state.threshold ? state.below + 1 : 0;
        boolean apart = state.last == 0 || epoch - state.last >= APART;
        if (below >= RUNNING && apart && epoch <= until) {
            state = new State(smoothed, null, 0, epoch);
            return true;
        }
        state = new State(state.threshold, smoothed, below, state.last);
        return false;
    }

    /** Below which the smoothed change per learning rate counts as settled; NaN before calibration. */
    public double threshold() {
        return state.threshold == null ? Double.NaN : SHARE * state.threshold;
    }

    public State state() {
        return state;
    }
}
