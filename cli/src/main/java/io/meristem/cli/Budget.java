package io.meristem.cli;

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
                    double number = Double.parseDouble(form.group(1));
                    return "%".equals(form.group(2)) ? new Budget(0, number) : new Budget(number, null);
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
