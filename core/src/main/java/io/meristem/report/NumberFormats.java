package io.meristem.report;

import io.meristem.eval.Interval;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;

/** Numbers as text; the same on every machine. */
final class NumberFormats {

    private static final double ALMOST = 0.9995;

    private static final String NONE = "–";

    private NumberFormats() {}

    /** A share as percent with one decimal. */
    static String percent(Double share) {
        return share == null ? NONE : format("%.1f %%", 100 * share);
    }

    /** Such as "87.8 to 93.4 %". */
    static String percent(Interval interval) {
        return interval.percent();
    }

    /** A share that somebody has set, without needless digits. */
    static String setPercent(double share) {
        return plain(100 * share) + " %";
    }

    /** A number that somebody has set: to six significant digits, without needless ones. */
    static String plain(double value) {
        BigDecimal rounded = BigDecimal.valueOf(value).round(new MathContext(6)).stripTrailingZeros();
        return rounded.toPlainString();
    }

    /** A probability, of which rounding must not make a certainty. */
    static String probability(double value) {
        return value >= ALMOST ? "> 99.9 %" : percent(value);
    }

    /** Measures that are no shares of photos. */
    static String score(Double value) {
        return value == null ? NONE : format("%.3f", value);
    }

    static String mib(Double value) {
        return value == null ? NONE : format("%.2f MiB", value);
    }

    static String seconds(Double value) {
        return value == null ? NONE : format(value < 100 ? "%.1f s" : "%.0f s", value);
    }

    /** To four significant digits, for numbers of any size. */
    static String number(Double value) {
        return value == null ? NONE : format("%.4g", value);
    }

    /** Such as "1 photo", "2 photos". */
    static String count(long n, String noun) {
        return n + " " + noun + (n == 1 ? "" : "s");
    }

    static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
