package io.meristem.study;

import io.meristem.eval.Spread;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleFunction;

/** Numbers as tables print them: one, or mean ± sample standard deviation and how many. */
final class TableNumbers {

    /** Stands where there is nothing yet. */
    static final String NOTHING = "–";

    /** Below this, two decimals would say too little of a size in MiB. */
    private static final double SMALL = 0.1;

    private TableNumbers() {}

    /** Shares in [0, 1] as percent. */
    static String percent(List<Double> shares) {
        return spread(shares, x -> String.format(Locale.ROOT, "%.2f", 100 * x));
    }

    /** Shares in [0, 1] as they are. */
    static String share(List<Double> shares) {
        return spread(shares, x -> String.format(Locale.ROOT, "%.4f", x));
    }

    /** Sizes; those that are the same for every seed need no spread. */
    static String mib(List<Double> sizes) {
        if (sizes.isEmpty()) {
            return NOTHING;
        }
        String format = format(Spread.of(sizes).mean());
        return sizes.stream().distinct().count() == 1
                ? mib(sizes.get(0))
                : spread(sizes, x -> String.format(Locale.ROOT, format, x));
    }

    static String mib(double size) {
        return String.format(Locale.ROOT, format(size), size);
    }

    private static String format(double size) {
        return size != 0 && size < SMALL ? "%.3f" : "%.2f";
    }

    static String seconds(List<Double> seconds) {
        return seconds.isEmpty()
                ? NOTHING
                : String.format(Locale.ROOT, "%.1f", Spread.of(seconds).mean());
    }

    private static String spread(List<Double> values, DoubleFunction<String> number) {
        Spread spread = Spread.of(values);
        if (spread == null) {
            return NOTHING;
        }
        String mean = number.apply(spread.mean());
        return spread.n() == 1
                ? mean + " (n=1)"
                : mean + " ± " + number.apply(spread.deviation()) + " (n=" + spread.n() + ")";
    }
}
