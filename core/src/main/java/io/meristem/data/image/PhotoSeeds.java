package io.meristem.data.image;

import io.meristem.Names;
import java.util.Comparator;
import java.util.SplittableRandom;

/** Random numbers that depend on named things only: never on threads, the order of work, or the file system's order. */
public final class PhotoSeeds {

    private PhotoSeeds() {}

    /** Steele, Lea and Flood's 64-bit finaliser (SplitMix64). */
    private static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }

    static long combine(long a, long b) {
        return mix(a + 0x9e3779b97f4a7c15L * (b + 1));
    }

    /** FNV-1a over the characters, then mixed with the seed. */
    public static long of(long seed, String text) {
        long h = 0xcbf29ce484222325L;
        for (int i = 0; i < text.length(); i++) {
            h = (h ^ text.charAt(i)) * 0x100000001b3L;
        }
        return combine(mix(seed), h);
    }

    /** The generator of one photo in one epoch. */
    public static SplittableRandom photo(long seed, int epoch, int photo) {
        return new SplittableRandom(combine(combine(mix(seed), epoch), photo));
    }

    /** A seeded random order that one added file does not turn over, and that a copy of the files with names in another Unicode form has too. */
    public static Comparator<String> order(long seed) {
        return Comparator.<String>comparingLong(name -> of(seed, Names.nfc(name)))
                .thenComparing(Names::nfc)
                .thenComparing(Comparator.naturalOrder());
    }
}
