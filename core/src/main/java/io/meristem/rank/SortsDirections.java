package io.meristem.rank;

/** A scorer that sorts the directions of all layers by what they bring over a power of what they take. */
public interface SortsDirections {

    /** This scorer with another power: 0 sorts by gain, 1 by gain per trainable number. */
    Scorer withCostPower(double power);
}
