package io.meristem.explain;

/**
 * What a network says of one photo, and where that comes from.
 *
 * @param label index of the class that the map is of
 * @param probabilities one per class, adding up to 1; not calibrated
 */
@SuppressWarnings("ArrayRecordComponent")
public record Explanation(int label, float[] probabilities, CoarseMap map) {}
