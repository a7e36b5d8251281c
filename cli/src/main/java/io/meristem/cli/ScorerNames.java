package io.meristem.cli;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.rank.Scorer;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** DRA's scorers on the command line: each by the name that files know it by, with its usual settings. */
final class ScorerNames implements Iterable<String>, ITypeConverter<Scorer> {

    static final String OPTION = "--scorer";

    /** Of the list in {@link HelpTexts}. */
    static final String KEY = "scorers";

    static final String DESCRIPTION = "What DRA's ranks follow: ${bundle:" + KEY + "}.";

    /** All scorers, and what they look at. */
    static String list() {
        return or(Scorer.all().stream()
                .map(scorer -> scorer.label() + " (" + scorer.about() + ")")
                .toList());
    }

    private static String or(List<String> each) {
        int last = each.size() - 1;
        return last == 0 ? each.get(0) : String.join(", ", each.subList(0, last)) + " or " + each.get(last);
    }

    /**
     * The scorer, as one that has a setting.
     *
     * @param chosen null where none is chosen
     * @param setting what scorers that have it are
     * @param option of the setting
     * @throws InputException where it has no such setting
     */
    static <T> T having(Class<T> setting, Scorer chosen, String option) {
        if (setting.isInstance(chosen)) {
            return setting.cast(chosen);
        }
        List<String> owners = Scorer.all().stream()
                .filter(setting::isInstance)
                .map(Scorer::label)
                .toList();
        boolean one = owners.size() == 1;
        throw new InputException(
                ErrorCode.CONFLICTING_SETTINGS,
                "%s is a setting of the %s %s: %s, or leave %s out.",
                option,
                one ? "scorer" : "scorers",
                or(owners),
                one ? "give " + OPTION + " " + owners.get(0) : "choose one of them with " + OPTION,
                option);
    }

    /** In any case. */
    @Override
    public Scorer convert(String text) {
        return Scorer.named(text.toLowerCase(Locale.ROOT))
                .orElseThrow(() -> new TypeConversionException(
                        "expected one of " + String.join(", ", this) + " but was '" + text + "'"));
    }

    @Override
    public Iterator<String> iterator() {
        return Scorer.all().stream().map(Scorer::label).iterator();
    }
}
