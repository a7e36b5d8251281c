package io.meristem.study;

/**
 * A run of a study before it is done.
 *
 * @param key of its folder; null where the size is another run's that is not finished, or the settings are not chosen yet
 * @param role what it serves: {@code tuning} or {@code confirmation}
 * @param trial in which settings it differs from the method's other trials; empty where there is one, null where it is not chosen yet
 * @param photos for training
 * @param sizeMib of what the method trains, in words: a number, bounds, or whose size it takes
 * @param state {@code finished}, {@code failed}, {@code broken off} or {@code missing}
 * @param seconds that it will take, estimated from finished runs; null before there is one, and for finished runs
 */
public record PlannedRun(
        String key,
        String model,
        String data,
        String method,
        String role,
        String trial,
        long seed,
        int epochs,
        int photos,
        String sizeMib,
        String state,
        Double seconds) {}
