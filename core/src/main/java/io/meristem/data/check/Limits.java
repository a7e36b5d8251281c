package io.meristem.data.check;

import io.meristem.ErrorCode;
import io.meristem.InputException;

/**
 * From where on something is worth a finding.
 *
 * @param minSide photos with a shorter side of fewer pixels are tiny
 * @param minPhotos classes with fewer photos to train on are small
 */
public record Limits(int minSide, int minPhotos) {

    /** Sides of 32 pixels, classes of 20 photos. */
    public static final Limits DEFAULT = new Limits(32, 20);

    public Limits {
        if (minSide < 0 || minPhotos < 0) {
            throw new InputException(
                    ErrorCode.OUT_OF_RANGE,
                    "The limits are %s pixels and %s photos: neither may be negative, and 0 looks for none.",
                    minSide,
                    minPhotos);
        }
    }
}
