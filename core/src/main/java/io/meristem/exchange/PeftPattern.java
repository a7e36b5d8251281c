package io.meristem.exchange;

import io.meristem.InputException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** PEFT's maps from patterns of layer names to numbers: a pattern is a regular expression for the end of a name, and the first that matches counts. */
final class PeftPattern {

    /** More looks at a name's characters than an honest pattern takes. */
    private static final int MOST_LOOKS = 100_000;

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
        try {
            return Pattern.compile("(.*\\.)?(" + pattern + ")")
                    .matcher(new Watched(layer))
                    .matches();
        } catch (PatternSyntaxException | StackOverflowError | WearyException e) {
            throw new InputException(
                    file + " has the pattern '" + pattern
                            + "' for layers, which cannot be followed: write the layers' names.",
                    e);
        }
    }

    private static final class WearyException extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    /** A name that gives up when it is looked at too often: a pattern from a stranger may take for ever. */
    private static final class Watched implements CharSequence {

        private final CharSequence text;
        private int looks;

        Watched(CharSequence text) {
            this.text = text;
        }

        @Override
        public int length() {
            return text.length();
        }

        @Override
        public char charAt(int index) {
            if (++looks > MOST_LOOKS) {
                throw new WearyException();
            }
            return text.charAt(index);
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return text.subSequence(start, end);
        }

        @Override
        public String toString() {
            return text.toString();
        }
    }
}
