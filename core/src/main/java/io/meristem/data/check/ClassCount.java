package io.meristem.data.check;

import io.meristem.data.folder.Split;

/**
 * The readable photos of a class.
 *
 * @param name of the class
 * @param train how many are for training; all where the folder is not divided
 * @param val how many for validation
 * @param test how many for the test
 * @param medianShortSide of their shorter sides in pixels, 0 without photos
 * @param leastShortSide likewise the least
 */
public record ClassCount(String name, int train, int val, int test, int medianShortSide, int leastShortSide) {

    /** On all sides. */
    public int total() {
        return train + val + test;
    }

    int on(Split split) {
        return switch (split) {
            case TRAIN -> train;
            case VAL -> val;
            case TEST -> test;
        };
    }
}
