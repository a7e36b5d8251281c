package io.meristem.predict;

/**
 * A class that a photo may show.
 *
 * @param probability in [0, 1], calibrated where the classifier has a temperature
 */
public record Guess(String name, double probability) {}
