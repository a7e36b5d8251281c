package io.meristem.cli;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.tune.Preset;
import io.meristem.tune.Updates;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Whether and how DRA's ranks change during training. */
final class UpdateOptions {

    private static final String UPDATES = "--updates";
    private static final String NO_UPDATES = "--no-updates";
    private static final String WHEN = "--update-when";
    private static final String AT = "--update-at";
    private static final String START_SIZE = "--start-size";

    @Option(
            names = UPDATES,
            paramLabel = "WHAT",
            converter = WayName.class,
            description =
                    "What becomes of DRA's adapters when ranks are given anew during training. none: ranks stay; merge: they are merged and new ones start, as in the published study; restart: the same with the ranks that were; warm: merged, and all learning rates grow from zero again; carry: they are kept at their new ranks, rotated where they shrink, with the optimiser's memory; carry-plain: the same without rotation. Default: none, or merge where --update-when, --update-at, --start-size or --scorer update asks for updates; with --preset paper merge.")
    Updates.Kind way;

    @Option(
            names = NO_UPDATES,
            description = "The same as --updates none: DRA's ranks stay as they are allocated first.")
    boolean none;

    @Option(
            names = WHEN,
            paramLabel = "WHEN",
            description =
                    "falling: after an epoch in which the adapters changed less than the threshold, which each update lowers; settled: once they change clearly less than that for the learning rate, which stays up until 60 %% of training, after which no update comes; once: one time. Default: falling.")
    Updates.When when;

    @Option(
            names = AT,
            paramLabel = "SHARE",
            description = "Share of the epochs after which --update-when once comes. Default: 0.4.")
    Double at;

    @Option(
            names = START_SIZE,
            paramLabel = "FACTOR",
            description =
                    "With --update-when once: size of the adapters before the update, over --budget or the size that the scorer answers with. Default: 1.")
    Double startSize;

    /** @param needed whether something asks for updates that nobody gave */
    Updates resolve(Preset preset, boolean needed) {
        Updates usual = preset.updates;
        if (none && way != null && way != Updates.Kind.NONE) {
            throw new InputException(
                    ErrorCode.CONFLICTING_SETTINGS,
                    "%s says that ranks stay as they are, and %s %s that they are given anew: leave one of them out.",
                    NO_UPDATES,
                    UPDATES,
                    way.word());
        }
        boolean implied = needed || when != null || at != null || startSize != null;
        Updates.Kind unsaid = implied && !usual.givesRanks() ? Updates.MERGING.way() : usual.way();
        Updates.Kind said = way == null ? unsaid : way;
        Updates.Kind kept = none ? Updates.Kind.NONE : said;
        Updates.When usually = kept == Updates.Kind.NONE ? Updates.When.FALLING : usual.when();
        Updates.When chosen = when == null ? usually : when;
        boolean asUsual = chosen == usual.when() && kept != Updates.Kind.NONE;
        Double usualShare = asUsual ? usual.at() : null;
        double usualSize = asUsual ? usual.startSize() : 1;
        return new Updates(kept, chosen, at == null ? usualShare : at, startSize == null ? usualSize : startSize);
    }

    /** In any case, with dashes. */
    static final class WayName implements ITypeConverter<Updates.Kind> {
        @Override
        public Updates.Kind convert(String text) {
            return Arrays.stream(Updates.Kind.values())
                    .filter(way -> way.word().equals(text.toLowerCase(Locale.ROOT)))
                    .findFirst()
                    .orElseThrow(() -> new TypeConversionException("expected one of "
                            + Arrays.stream(Updates.Kind.values())
                                    .map(Updates.Kind::word)
                                    .collect(Collectors.joining(", "))
                            + " but was '" + text + "'"));
        }
    }
}
