package io.meristem.exchange;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which layers an adapter's configuration has updates for, as PEFT's {@code check_target_module_exists} decides it (PEFT 0.21).
 *
 * @param file named in errors
 * @param chosen {@code target_modules}
 * @param excluded {@code exclude_modules}
 * @param indices {@code layers_to_transform}, or null where that does not matter
 * @param patterns {@code layers_pattern}
 * @param saved {@code modules_to_save}: what lies in them has no update
 */
record PeftTargets(
        Path file, Choice chosen, Choice excluded, Set<Long> indices, List<String> patterns, List<String> saved) {

    /** PEFT's word for all linear layers, which it replaces by their names when it saves. */
    private static final String ALL_LINEAR = "all-linear";

    /** The first number in a name, after two parts at least. */
    private static final Pattern NUMBERED = Pattern.compile(".*?\\.[^.]*\\.(\\d+)\\..*");

    /**
     * Names or ends of names, or a pattern of whole names.
     *
     * @param pattern null for names
     */
    record Choice(List<String> names, String pattern) {

        boolean isEmpty() {
            return names.isEmpty() && pattern == null;
        }

        boolean takes(String layer, Path file) {
            return pattern == null ? named(names, layer) : PeftPattern.isOf(pattern, layer, file);
        }
    }

    PeftTargets {
        boolean shorthand = ALL_LINEAR.equals(chosen.pattern == null ? null : chosen.pattern.toLowerCase(Locale.ROOT));
        if (chosen.isEmpty() || shorthand) {
            throw new InputException(
                    ErrorCode.UNSUPPORTED,
                    "%s does not say by name which layers it targets (target_modules): save the adapter again with PEFT.",
                    file);
        }
    }

    /** @throws InputException when a pattern cannot be followed */
    boolean include(String layer) {
        if (!excluded.isEmpty() && excluded.takes(layer, file)) {
            return false;
        }
        if (saved.stream().anyMatch(module -> isWithin(layer, module)) || !chosen.takes(layer, file)) {
            return false;
        }
        // PEFT counts layers only where names choose them and not one of them in full.
        if (indices == null || chosen.pattern != null || chosen.names.contains(layer)) {
            return true;
        }
        Long index = index(layer);
        return index != null && indices.contains(index);
    }

    private Long index(String layer) {
        if (patterns.isEmpty()) {
            Matcher matcher = NUMBERED.matcher(layer);
            return matcher.matches() ? number(matcher.group(1)) : null;
        }
        String[] parts = layer.split("\\.");
        for (String pattern : patterns) {
            StringBuilder before = new StringBuilder(parts[0]);
            for (int i = 1; i < parts.length - 1; i++) {
                if (parts[i].matches("\\d{1,9}") && PeftPattern.isEndOf(pattern, before.toString(), file)) {
                    return number(parts[i]);
                }
                before.append('.').append(parts[i]);
            }
        }
        return null;
    }

    private static Long number(String digits) {
        return digits.length() > 9 ? null : Long.valueOf(digits);
    }

    /** Whether a module's or a tensor's name lies in a module that is named in full or by its end. */
    static boolean isWithin(String name, String module) {
        String dotted = "." + name + ".";
        return dotted.contains("." + module + ".");
    }

    private static boolean named(List<String> ends, String name) {
        return ends.stream().anyMatch(end -> name.equals(end) || name.endsWith("." + end));
    }
}
