package io.meristem.cli;

import io.meristem.InputException;
import io.meristem.execute.Network;
import io.meristem.rank.RankOptions;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * What {@code --budget} says.
 *
 * @param mib 0 where it says no size in MiB
 * @param percent of the network's numbers; null where it says none
 */
record Budget(double mib, Double percent) {

    /** {@code auto}: as much as the scorer answers with. */
    static final Budget AUTO = new Budget(0, null);

    /** Whether it is no size of its own. */
    boolean isAuto() {
        return mib == 0 && percent == null;
    }

    /** In MiB of float32; 0 for {@link #AUTO}. A definition of the network is enough. */
    double mib(Network network) {
        return percent == null ? mib : RankOptions.mib(percent, network);
    }

    /** @throws TypeConversionException for a size that is none */
    private static Budget of(double number, boolean percent, String text) {
        if (percent) {
            try {
                RankOptions.requirePercent(number);
            } catch (InputException e) {
                throw new TypeConversionException(OptionNames.PLAIN.text(e.reason()));
            }
            return new Budget(0, number);
        }
        if (!(number > 0) || Double.isInfinite(number)) {
            throw new TypeConversionException(
                    "a budget of '" + text + "' MiB buys no adapter: give a size above 0, such as 0.4, or auto");
        }
        return new Budget(number, null);
    }

    /** Reads {@code auto}, {@code 0.4}, {@code 0.4MiB} and {@code 2%}. */
    static final class Converter implements ITypeConverter<Budget> {

        private static final Pattern FORM =
                Pattern.compile("([0-9.+-][0-9.eE+-]*)\\s*(%|mib)?", Pattern.CASE_INSENSITIVE);

        @Override
        public Budget convert(String text) {
            if (text.strip().equalsIgnoreCase("auto")) {
                return AUTO;
            }
            Matcher form = FORM.matcher(text.strip());
            if (form.matches()) {
                try {
                    return of(Double.parseDouble(form.group(1)), "%".equals(form.group(2)), text);
                } catch (NumberFormatException e) {
                    // Said below.
                }
            }
            throw new TypeConversionException(String.format(
                    Locale.ROOT,
                    "'%s' is no budget: give MiB, such as 0.4, or percent of the network's numbers, such as 2%%, or auto",
                    text));
        }
    }
}
