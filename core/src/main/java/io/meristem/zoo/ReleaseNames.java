package io.meristem.zoo;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Names that a family's authors gave their tensors in their own release, where the home library names them otherwise.
 *
 * @param mark a name that only files of that release have
 * @param rules in the order tried; the first that matches the start of a name wins
 */
public record ReleaseNames(String mark, List<Rule> rules) {

    /** A start of names, and what stands in its place in the home library. */
    public record Rule(Pattern pattern, String replacement) {
        Rule(String pattern, String replacement) {
            this(Pattern.compile(pattern), replacement);
        }
    }

    /** The home library's name for a name of the release; names that no rule matches stay. */
    public String rename(String name) {
        for (Rule rule : rules) {
            Matcher matcher = rule.pattern.matcher(name);
            if (matcher.lookingAt()) {
                return matcher.replaceFirst(rule.replacement);
            }
        }
        return name;
    }
}
