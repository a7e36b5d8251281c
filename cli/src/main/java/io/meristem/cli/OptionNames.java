package io.meristem.cli;

import io.meristem.Action;
import io.meristem.Message;
import io.meristem.Setting;
import io.meristem.Wording;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/**
 * The command line's names for settings and jobs: options and commands, in its errors, notes, reports and model cards.
 *
 * @param quote around a command
 * @param typed names of options, as the user wrote them where one has several
 */
record OptionNames(char quote, Map<String, String> typed) implements Wording {

    /** For the console and for pages. */
    static final OptionNames PLAIN = new OptionNames('\'', Map.of());

    /** For Markdown. */
    static final OptionNames MARKDOWN = new OptionNames('`', Map.of());

    /** For the console, about a command line: an option has the name that was typed, where it has several. */
    static OptionNames of(ParseResult parsed) {
        return new OptionNames('\'', typed(parsed));
    }

    /** The options of a command line in their order: each by all its names, as it was typed. */
    static Map<String, String> typed(ParseResult parsed) {
        Map<String, OptionSpec> named = new HashMap<>(parsed.commandSpec().optionsMap());
        named.putAll(parsed.commandSpec().negatedOptionsMap());
        Map<String, String> typed = new LinkedHashMap<>();
        for (String argument : parsed.expandedArgs()) {
            String name = argument.replaceFirst("=.*", "");
            OptionSpec option = named.get(name);
            if (option != null) {
                Arrays.stream(option.names()).forEach(other -> typed.putIfAbsent(other, name));
            }
        }
        return typed;
    }

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
        String name = option(setting.setting());
        return valued(typed.getOrDefault(name, name), setting);
    }

    private static String valued(String name, Setting.Mention setting) {
        return name + (setting.value() == null ? "" : " " + setting.value());
    }

    @Override
    public String say(Action.Mention action) {
        String with = action.with().stream()
                .map(part -> " "
                        + (part instanceof Setting.Mention setting ? valued(option(setting.setting()), setting) : part))
                .collect(Collectors.joining());
        return verb(action.action()) + quote + "meristem " + command(action.action()) + with + quote;
    }
}
