package io.meristem.data.image;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Under which perturbations photos are judged, each on its own.
 *
 * @param list in the order of the results; what is named twice is judged once
 * @param seed of all that is random in them
 */
public record Perturbations(List<Perturbation> list, long seed) {

    /** Photos as they are. */
    public static final Perturbations NONE = new Perturbations(List.of(), 0);

    private static final String ALL = "all";
    private static final Pattern LEVELS = Pattern.compile("\\s*(\\d)\\s*(?:-\\s*(\\d)\\s*)?");

    public Perturbations {
        list = list.stream().distinct().toList();
    }

    public boolean isEmpty() {
        return list.isEmpty();
    }

    /**
     * From names with levels, separated by commas: {@code noise}, {@code noise:4}, {@code noise:1-5}, or {@code all} for every kind. Without a level it
     * is 3.
     *
     * @throws InputException with one sentence about the first part that says nothing known
     */
    public static Perturbations parse(String text, long seed) {
        List<Perturbation> list = new ArrayList<>();
        for (String item : text.split(",", -1)) {
            int colon = item.indexOf(':');
            String name = colon < 0 ? item : item.substring(0, colon);
            for (Perturbation.Kind kind : kinds(name.strip())) {
                if (colon < 0) {
                    list.add(new Perturbation(kind, Perturbation.DEFAULT_LEVEL));
                } else {
                    addLevels(kind, item, item.substring(colon + 1), list);
                }
            }
        }
        return new Perturbations(list, seed);
    }

    private static List<Perturbation.Kind> kinds(String name) {
        List<Perturbation.Kind> all = List.of(Perturbation.Kind.values());
        if (name.equalsIgnoreCase(ALL)) {
            return all;
        }
        List<Perturbation.Kind> named =
                all.stream().filter(k -> k.label().equalsIgnoreCase(name)).toList();
        if (named.isEmpty()) {
            throw new InputException(
                    ErrorCode.UNKNOWN_NAME,
                    "There is no perturbation '%s': give %s or %s.",
                    name,
                    String.join(", ", all.stream().map(Perturbation.Kind::label).toList()),
                    ALL);
        }
        return named;
    }

    private static void addLevels(Perturbation.Kind kind, String item, String levels, List<Perturbation> list) {
        Matcher bounds = LEVELS.matcher(levels);
        int low = bounds.matches() ? Integer.parseInt(bounds.group(1)) : Integer.MAX_VALUE;
        int high = bounds.matches() && bounds.group(2) != null ? Integer.parseInt(bounds.group(2)) : low;
        if (low > high || high > Perturbation.MAX_LEVEL) {
            throw new InputException(
                    ErrorCode.OUT_OF_RANGE,
                    "The level in '%s' is none: give one from 1 to %s, such as %s, or a range, such as %s:1-%s.",
                    item.strip(),
                    Perturbation.MAX_LEVEL,
                    new Perturbation(kind, Perturbation.DEFAULT_LEVEL),
                    kind.label(),
                    Perturbation.MAX_LEVEL);
        }
        for (int level = low; level <= high; level++) {
            list.add(new Perturbation(kind, level));
        }
    }
}
