package io.meristem.data.check;

import io.meristem.data.folder.Split;
import java.util.List;
import java.util.Locale;

/** Numbers and names in sentences; the same on every machine. */
final class Text {

    private static final int MOST_NAMES = 3;

    private Text() {}

    static String percent(long part, long all) {
        return percent((double) part / Math.max(1, all));
    }

    static String percent(double share) {
        return String.format(Locale.ROOT, "%.1f %%", 100 * share);
    }

    /** Such as "1 photo", "2 photos". */
    static String count(long n, String noun) {
        return n + " " + noun + (n == 1 ? "" : "s");
    }

    /** The first few names, and that there are more. */
    static String first(List<String> names) {
        String shown = String.join(", ", names.subList(0, Math.min(MOST_NAMES, names.size())));
        return names.size() > MOST_NAMES ? shown + ", ..." : shown;
    }

    static String name(Split split) {
        return switch (split) {
            case TRAIN -> "training";
            case VAL -> "validation";
            case TEST -> "test";
        };
    }
}
