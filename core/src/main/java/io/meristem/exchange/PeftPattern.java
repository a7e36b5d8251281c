package io.meristem.exchange;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.meristem.InputException;
import io.meristem.Limit;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** PEFT's maps from patterns of layer names to numbers: a pattern is a regular expression for the end of a name, and the first that matches counts. */
final class PeftPattern {

    private static final int SHOWN = 200;

    private PeftPattern() {}

    static Optional<Double> find(Map<String, Double> patterns, String layer, Path file) {
        for (Map.Entry<String, Double> entry : patterns.entrySet()) {
            if (matches(entry.getKey(), layer, file)) {
                return Optional.of(entry.getValue());
            }
        }
        return Optional.empty();
    }

    private static boolean matches(String pattern, String layer, Path file) {
        // Counted repetitions within one another multiply, in memory too.
        if (pattern.length() > Limit.PEFT_PATTERN.value() || pattern.indexOf('{') != pattern.lastIndexOf('{')) {
            throw refusal(pattern, file, null);
        }
        try {
            return Pattern.matches("(.*\\.)?(" + pattern + ")", layer);
        } catch (PatternSyntaxException | StackOverflowError e) {
            throw refusal(pattern, file, e);
        }
    }

    private static InputException refusal(String pattern, Path file, Throwable cause) {
        String shown = pattern.length() > SHOWN ? pattern.substring(0, SHOWN) + "..." : pattern;
        return new InputException(
                file + " has the pattern '" + shown
                        + "' for layers, which cannot be followed: write the layers' names.",
                cause);
    }
}
