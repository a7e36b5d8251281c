package io.meristem.data.folder;

/** The three sides of a data set: learned from, chosen by, and reported on. */
public enum Split {
    TRAIN,
    VAL,
    TEST
}
