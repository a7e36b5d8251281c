package io.meristem.data.folder;

import io.meristem.Names;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Folder names that people give to the sides of a data set. */
final class SideNames {

    /** Those of which nobody needs to be told that they are sides, in any case. */
    private static final Set<String> PLAIN = Set.of("train", "val", "valid", "validation", "test");

    private static final String MORE =
            "(?:sets?|data|dataset|images?|imgs?|photos?|pictures?|pics?|samples?|splits?|folder)";

    private static final String BLANK = "[\\s._-]*";

    private static final Map<Split, Pattern> PATTERNS = new EnumMap<>(Map.of(
            Split.TRAIN, pattern("train|training|trn"),
            Split.VAL, pattern("val|valid|validation|validate|validating|dev"),
            Split.TEST, pattern("test|testing|tst|eval|evaluation|holdout")));

    /** What is no letter, or a small letter before a capital. */
    private static final Pattern WORD_ENDS = Pattern.compile("[^\\p{L}]+|(?<=\\p{Ll})(?=\\p{Lu})");

    private SideNames() {}

    /** Such as {@code Training}, {@code train_set}, {@code 1-train}, {@code images train}, {@code train2017}. */
    private static Pattern pattern(String words) {
        String year = "(?:\\d{1,2}|(?:19|20)\\d\\d)?";
        return Pattern.compile(year + BLANK + "(?:" + MORE + BLANK + ")*(?:" + words + ")(?:" + BLANK + MORE + ")*"
                + BLANK + "(?:(?:19|20)\\d\\d)?");
    }

    /** The side that a name stands for, if any. */
    static Optional<Split> side(String name) {
        String lower = lower(name);
        return PATTERNS.entrySet().stream()
                .filter(e -> e.getValue().matcher(lower).matches())
                .map(Map.Entry::getKey)
                .findFirst();
    }

    /** The side that a name speaks of among other things, if it is one, as {@code rust_train} and {@code trainA} do. */
    static Optional<Split> spokenOf(String name) {
        Set<Split> sides = EnumSet.noneOf(Split.class);
        for (String word : WORD_ENDS.split(Names.nfc(name))) {
            side(word).ifPresent(sides::add);
        }
        return sides.size() == 1 ? sides.stream().findFirst() : Optional.empty();
    }

    static boolean isPlain(String name) {
        return PLAIN.contains(lower(name));
    }

    private static String lower(String name) {
        return Names.nfc(name).strip().toLowerCase(Locale.ROOT);
    }
}
