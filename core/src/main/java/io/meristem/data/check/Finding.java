package io.meristem.data.check;

import io.meristem.Message;
import java.util.List;
import java.util.Objects;

/**
 * One thing that is wrong with a photo folder, or may be.
 *
 * @param kind what was looked for
 * @param severity how much it matters
 * @param sentence what was found, with numbers
 * @param mend what to do about it
 * @param examples photos to look at, the clearest first; not all of them
 */
public record Finding(Kind kind, Severity severity, String sentence, Message mend, List<Example> examples) {

    /** So many examples are kept of a finding. */
    static final int MOST_EXAMPLES = 12;

    /** So many photos are kept of an example. */
    static final int MOST_PHOTOS = 6;

    /** What is looked for. */
    public enum Kind {
        LAYOUT,
        UNREADABLE,
        CONFLICTING_LABELS,
        COPIES_ACROSS_SIDES,
        COPIES_WITHIN_SIDE,
        GROUP_LEAKAGE,
        SMALL_CLASS,
        ABSENT_CLASS,
        IMBALANCE,
        TINY,
        SAME_BACKGROUND,
        SHORTCUT_BORDER,
        SHORTCUT_COLOUR,
        SHORTCUT_SIZE
    }

    /**
     * Photos that belong together.
     *
     * @param caption what there is to see
     * @param paths below the data folder, at least one
     */
    public record Example(String caption, List<String> paths) {

        public Example {
            Objects.requireNonNull(caption, "caption");
            paths = List.copyOf(paths.subList(0, Math.min(MOST_PHOTOS, paths.size())));
        }
    }
    /** With one sentence that names no settings. */
    public Finding(Kind kind, Severity severity, String sentence, String mend, List<Example> examples) {
        this(kind, severity, sentence, Message.plain(mend), examples);
    }

    public Finding {
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(severity, "severity");
        Objects.requireNonNull(sentence, "sentence");
        Objects.requireNonNull(mend, "mend");
        examples = List.copyOf(examples.subList(0, Math.min(MOST_EXAMPLES, examples.size())));
    }

    /** Whether it counts where findings are errors. */
    public boolean counts() {
        return severity.compareTo(Severity.WARNING) >= 0;
    }
}
