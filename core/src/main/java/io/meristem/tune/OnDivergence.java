package io.meristem.tune;

/** What a training does when its numbers go wrong. */
public enum OnDivergence {
    /** Ends. */
    STOP,

    /**
     * Goes back to the state after the last epoch that ended well, or to the beginning, and trains that epoch again at half the learning rates, with an
     * optimiser that remembers nothing; at most {@link #MOST} times.
     */
    LOWER_LR;

    /** How often the rates are lowered in one training. */
    public static final int MOST = 5;

    /** What the rates are multiplied by each time. */
    public static final double FACTOR = 0.5;
}
