package io.meristem.study;

/**
 * A run of a study before it is done.
 *
 * @param key of its folder; null where the size is another run's that is not finished
 * @param photos for training
 * @param sizeMib of what the method trains, in words: a number, bounds, or whose size it takes
 * @param state {@code finished}, {@code failed}, {@code broken off} or {@code missing}
 */
public record PlannedRun(
        String key,
        String model,
        String data,
        String method,
        long seed,
        int epochs,
        int photos,
        String sizeMib,
        String state) {}
