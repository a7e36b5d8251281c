package io.meristem.weights;

import java.util.List;
import java.util.Locale;

/** Small pieces of sentences. */
final class Phrases {

    private static final int SHOWN = 3;

    private Phrases() {}

    static String count(long n, String noun) {
        return n + " " + noun + (n == 1 ? "" : "s");
    }

    /** The first three names, and that there are more. */
    static String first(List<String> names) {
        return String.join(", ", names.subList(0, Math.min(SHOWN, names.size())))
                + (names.size() > SHOWN ? " and " + (names.size() - SHOWN) + " more" : "");
    }

    /** Bytes for people. */
    static String bytes(long n) {
        return n < 1 << 20
                ? String.format(Locale.ROOT, "%.0f KiB", n / 1024.0)
                : String.format(Locale.ROOT, "%.1f MiB", n / 1048576.0);
    }
}
