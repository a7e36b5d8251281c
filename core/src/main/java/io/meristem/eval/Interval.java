package io.meristem.eval;

import java.util.Locale;

/**
 * Between what bounds a share, or a difference of two, lies that was seen in a sample.
 *
 * @param low in [0, 1], or for a difference in [-1, 1]
 * @param high likewise
 */
public record Interval(double low, double high) {

    /** For a reader, such as {@code 80.1 to 88.9 %}. */
    public String percent() {
        return String.format(Locale.ROOT, "%.1f to %.1f %%", 100 * low, 100 * high);
    }

    /** The standard normal distribution's 97.5 % quantile. */
    private static final double Z = 1.959963984540054;

    /**
     * The 95 % score interval (Wilson 1927, without continuity correction) of a share: it holds for few photos and for shares near 0 and 1. It takes
     * the photos as independent of each other, which photos of one leaf are not.
     *
     * @param hits of {@code photos}; everything is possible where there are none
     */
    public static Interval wilson(long hits, long photos) {
        if (hits < 0 || hits > photos) {
            throw new IllegalArgumentException(hits + " of " + photos);
        }
        if (photos == 0) {
            return new Interval(0, 1);
        }
        double share = (double) hits / photos;
        double z2 = Z * Z / photos;
        double centre = share + z2 / 2;
        double reach = Z * Math.sqrt((share * (1 - share) + z2 / 4) / photos);
        double low = hits == 0 ? 0 : (centre - reach) / (1 + z2);
        double high = hits == photos ? 1 : (centre + reach) / (1 + z2);
        return new Interval(low, high);
    }
}
