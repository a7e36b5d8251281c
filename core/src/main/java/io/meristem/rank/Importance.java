package io.meristem.rank;

import io.meristem.ErrorCode;
import io.meristem.InputException;

/**
 * How similarity becomes importance: {@code C = gamma (1 - S_deb) + delta E} and {@code I = alpha S_raw + beta C}.
 *
 * <p>That there are importance weights alpha, beta (default 0.15, 0.85) and two bias weights stands in the source; the formulas and gamma, delta
 * (default 0.9, 0.1) are ours, see docs/method.md.
 */
public record Importance(double alpha, double beta, double gamma, double delta) {

    public static final Importance DEFAULT = new Importance(0.15, 0.85, 0.9, 0.1);

    public Importance {
        if (!(alpha >= 0 && beta >= 0 && Math.abs(alpha + beta - 1) < 1e-9)) {
            throw InputException.ofSettings(
                    ErrorCode.OUT_OF_RANGE,
                    "alpha and beta must be 0 or more and sum to 1, not %s and %s",
                    alpha,
                    beta);
        }
        if (!(gamma >= 0 && delta >= 0 && Math.abs(gamma + delta - 1) < 1e-9)) {
            throw InputException.ofSettings(
                    ErrorCode.OUT_OF_RANGE,
                    "gamma and delta must be 0 or more and sum to 1, not %s and %s",
                    gamma,
                    delta);
        }
    }

    /** The correction factor C, in [0, 1]. */
    public double correction(Similarity s) {
        return gamma * (1 - s.debiased()) + delta * s.spread();
    }

    /** The importance I, in [0, 1]. */
    public double of(Similarity s) {
        return alpha * s.raw() + beta * correction(s);
    }
}
