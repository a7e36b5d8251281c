package io.meristem.study;

import io.meristem.tune.TrainConfig;

/**
 * One setting of a method's grid.
 *
 * @param words in which settings it differs from the method's other trials, such as {@code rate 0.002}; empty for the only trial
 * @param train its settings, but for the seed
 */
public record Trial(String words, TrainConfig train) {}
