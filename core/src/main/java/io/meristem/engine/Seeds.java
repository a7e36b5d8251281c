package io.meristem.engine;

import java.nio.charset.StandardCharsets;

/** Independent random streams from one seed: a stream is named by words and numbers, so that adding one does not shift the others. */
public final class Seeds {

    private Seeds() {}

    /** A seed for the stream that {@code parts} name. The same seed and parts give the same value on every machine. */
    public static long of(long seed, Object... parts) {
        long state = mix(seed + 0x9E3779B97F4A7C15L);
        for (Object part : parts) {
            for (byte b : String.valueOf(part).getBytes(StandardCharsets.UTF_8)) {
                state = mix(state ^ b);
            }
            state = mix(state + 0x9E3779B97F4A7C15L);
        }
        return state;
    }

    /** The finaliser of SplitMix64 (Steele, Lea, Flood 2014). */
    private static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
