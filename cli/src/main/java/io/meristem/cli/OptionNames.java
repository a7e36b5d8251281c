package io.meristem.cli;

import io.meristem.Action;
import io.meristem.Message;
import io.meristem.Setting;
import io.meristem.Wording;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The command line's names for settings and jobs: options and commands, in its errors, notes, reports and model cards.
 *
 * @param quote around a command
 */
record OptionNames(char quote) implements Wording {

    /** For the console and for pages. */
    static final OptionNames PLAIN = new OptionNames('\'');

    /** For Markdown. */
    static final OptionNames MARKDOWN = new OptionNames('`');

    /** An option is called like its setting, but for these. */
    static String option(Setting setting) {
        return switch (setting) {
            case BATCH_SIZE -> "--batch";
            case DROPOUT -> "--adapter-dropout";
            case HEAD_RATE -> "--head-lr";
            case NORM_RATE -> "--norm-lr";
            case RATE -> "--lr";
            case VIEWS -> "--tta";
            default -> "--" + setting.name().toLowerCase(Locale.ROOT).replace('_', '-');
        };
    }

    /** The words of the command, with what it takes first, if anything. */
    static String command(Action action) {
        return switch (action) {
            case CALIBRATE -> "calibrate";
            case CHECK_DATA -> "data check";
            case EVALUATE -> "evaluate";
            case EXPORT -> "export";
            case IMPORT -> "import";
            case LIST_MODELS -> "models";
            case PULL_WEIGHTS -> "weights pull";
            case RENEW_WEIGHTS -> "weights pull --renew";
            case REPORT -> "report";
            case RESUME -> "train --resume";
            case STUDY -> "study";
            case TRAIN -> "train";
        };
    }

    /** What stands before the command in a clause. */
    private static String verb(Action action) {
        return switch (action) {
            case PULL_WEIGHTS, RENEW_WEIGHTS -> "run ";
            case RESUME -> "resume it with ";
            default -> "";
        };
    }

    String text(Message sentence) {
        return sentence.text(this);
    }

    @Override
    public String say(Setting.Mention setting) {
        return option(setting.setting()) + (setting.value() == null ? "" : " " + setting.value());
    }

    @Override
    public String say(Action.Mention action) {
        String with = action.with().stream()
                .map(part -> " " + (part instanceof Setting.Mention setting ? say(setting) : part))
                .collect(Collectors.joining());
        return verb(action.action()) + quote + "meristem " + command(action.action()) + with + quote;
    }
}
