package io.meristem.exchange;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Limit;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * PEFT's patterns of layer names. In its maps to numbers, a pattern is a regular expression for the end of a name, and the first that matches counts.
 */
final class PeftPattern {

    private static final int SHOWN = 200;

    private static final List<String> LOOKS_AROUND = List.of("(?=", "(?!", "(?<=", "(?<!");

    /** Letters read for one name; a name has some tens. */
    private static final long MOST_STEPS = 100_000;

    private PeftPattern() {}

    static Optional<Double> find(Map<String, Double> patterns, String layer, Path file) {
        for (Map.Entry<String, Double> entry : patterns.entrySet()) {
            if (isEndOf(entry.getKey(), layer, file)) {
                return Optional.of(entry.getValue());
            }
        }
        return Optional.empty();
    }

    /** Whether a pattern is that of a name or of its end, from a dot on. */
    static boolean isEndOf(String pattern, String layer, Path file) {
        return fully("(.*\\.)?(" + pattern + ")", pattern, layer, file);
    }

    /** @param pattern what {@code whole} was made of */
    private static boolean fully(String whole, String pattern, String layer, Path file) {
        // Counted repetitions within one another multiply, in memory too.
        if (pattern.length() > Limit.PEFT_PATTERN.value() || pattern.indexOf('{') != pattern.lastIndexOf('{')) {
            throw refusal(pattern, file, null);
        }
        try {
            return Pattern.matches(whole, layer);
        } catch (PatternSyntaxException | StackOverflowError e) {
            throw refusal(pattern, file, e);
        }
    }

    /**
     * Whether a pattern is that of a whole name, as Python's {@code re.fullmatch} has it, looking ahead and back included.
     *
     * @throws InputException when it cannot be followed
     */
    static boolean isOf(String pattern, String layer, Path file) {
        if (!LOOKS_AROUND.stream().anyMatch(pattern::contains)) {
            return fully("(" + pattern + ")", pattern, layer, file);
        }
        // RE2 has no such groups. Java's own engine goes back and forth for as long as a stranger likes, so its steps
        // are
        // counted; counted repetitions of nothing take none, so they are refused.
        if (pattern.length() > Limit.PEFT_PATTERN.value() || pattern.indexOf('{') >= 0) {
            throw refusal(pattern, file, null);
        }
        try {
            return java.util.regex.Pattern.compile(pattern)
                    .matcher(new Counted(layer, new long[] {MOST_STEPS}))
                    .matches();
        } catch (java.util.regex.PatternSyntaxException | StackOverflowError | TooManyStepsException e) {
            throw refusal(pattern, file, e);
        }
    }

    /** What a matcher reads so many letters of, and no more. */
    private record Counted(CharSequence text, long[] left) implements CharSequence {

        @Override
        public char charAt(int index) {
            if (--left[0] < 0) {
                throw new TooManyStepsException();
            }
            return text.charAt(index);
        }

        @Override
        public int length() {
            return text.length();
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return text.subSequence(start, end);
        }
    }

    private static final class TooManyStepsException extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    private static InputException refusal(String pattern, Path file, Throwable cause) {
        String shown = pattern.length() > SHOWN ? pattern.substring(0, SHOWN) + "..." : pattern;
        return new InputException(
                ErrorCode.UNSUPPORTED,
                cause,
                "%s has the pattern '%s' for layers, which cannot be followed: write the layers' names.",
                file,
                shown);
    }
}
