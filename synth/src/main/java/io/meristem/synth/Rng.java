package io.meristem.synth;

/** A small seeded stream of numbers (SplitMix64), with named side streams so that one detail can change without moving the others. */
final class Rng {
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private final long origin;
    private long state;

    Rng(long seed) {
        origin = seed;
        state = seed;
    }

    /** One key from several numbers; order matters. */
    static long key(long... parts) {
        long key = GOLDEN;
        for (long part : parts) {
            key = mix(key ^ mix(part + GOLDEN));
        }
        return key;
    }

    private static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    /** A stream of its own, the same however many numbers were already drawn from this one. */
    Rng fork(long tag) {
        return new Rng(key(origin, tag));
    }

    long nextLong() {
        state += GOLDEN;
        return mix(state);
    }

    int nextInt() {
        return (int) (nextLong() >>> 32);
    }

    /** Uniform in [0, 1). */
    float next() {
        return (nextLong() >>> 40) * 0x1p-24f;
    }

    float range(float low, float high) {
        return low + (high - low) * next();
    }

    /** Uniform whole number in [low, high]. */
    int between(int low, int high) {
        return low + (int) (next() * (high - low + 1));
    }

    boolean chance(float probability) {
        return next() < probability;
    }

    /** Mean 0, deviation 1, never beyond 3.5: twelve uniforms would be the textbook, four are enough for noise and jitter. */
    float normal() {
        return (next() + next() + next() + next() - 2f) * 1.7320508f;
    }

    float angle() {
        return range(0f, PortableMath.TURN);
    }

    float sign() {
        return chance(0.5f) ? 1f : -1f;
    }
}
