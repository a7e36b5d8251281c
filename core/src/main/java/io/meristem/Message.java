package io.meristem;

import com.fasterxml.jackson.annotation.JsonValue;
import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.IllegalFormatException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;

/**
 * A sentence for people, as data: a template and what stands in it. Settings and jobs in it are named when it is read, in the words of whoever shows it: the
 * command line says {@code --batch 16}, a program reads "batch size 16".
 */
public final class Message implements Serializable {

    private static final long serialVersionUID = 1;

    private final String template;
    private final ArrayList<Serializable> arguments;

    private Message(String template, Object[] arguments) {
        this.template = template;
        this.arguments = new ArrayList<>(
                Arrays.asList(arguments).stream().map(Message::plain).toList());
    }

    /**
     * @param template as {@link String#format} takes it; {@code %s} for settings, jobs and other messages
     * @param arguments {@link Setting}, {@link Setting.Mention}, {@link Action.Mention}, messages and numbers are kept as they are, anything else as its text
     */
    @FormatMethod
    public static Message of(@FormatString String template, Object... arguments) {
        return new Message(template, arguments);
    }

    /** A sentence without settings. */
    public static Message plain(String sentence) {
        return new Message("%s", new Object[] {sentence});
    }

    /** Parts of a sentence one after the other. */
    public static Message joined(List<Message> parts) {
        return new Message("%s".repeat(parts.size()), parts.toArray());
    }

    private static Serializable plain(Object argument) {
        if (argument instanceof Setting
                || argument instanceof Setting.Mention
                || argument instanceof Action
                || argument instanceof Action.Mention
                || argument instanceof Message) {
            return (Serializable) argument;
        }
        if (argument instanceof Number number) {
            return number;
        }
        return String.valueOf(argument);
    }

    /** In the library's own words; so it stands in JSON. */
    @JsonValue
    public String text() {
        return text(Wording.PLAIN);
    }

    public String text(Wording wording) {
        Object[] said =
                arguments.stream().map(argument -> said(argument, wording)).toArray();
        try {
            return String.format(Locale.ROOT, template, said);
        } catch (IllegalFormatException e) {
            // A template of ours is wrong, and what the user has to know is not lost for it.
            return template + " " + Arrays.toString(said);
        }
    }

    private static Object said(Object argument, Wording wording) {
        if (argument instanceof Setting setting) {
            return wording.say(setting.bare());
        }
        if (argument instanceof Setting.Mention mention) {
            return wording.say(mention);
        }
        if (argument instanceof Action action) {
            return wording.say(action.with());
        }
        if (argument instanceof Action.Mention mention) {
            return wording.say(mention);
        }
        return argument instanceof Message message ? message.text(wording) : argument;
    }

    public String template() {
        return template;
    }

    /** What the template's places stand for: texts, numbers, settings, jobs and further messages. */
    public List<Object> arguments() {
        return Collections.unmodifiableList(arguments);
    }

    /** The settings that it names, also within further messages, in their order. */
    public Set<Setting> settings() {
        Set<Setting> settings = new LinkedHashSet<>();
        collect(arguments, settings);
        return settings;
    }

    private static void collect(Collection<?> arguments, Set<Setting> settings) {
        for (Object argument : arguments) {
            if (argument instanceof Setting setting) {
                settings.add(setting);
            } else if (argument instanceof Setting.Mention mention) {
                settings.add(mention.setting());
            } else if (argument instanceof Action.Mention mention) {
                collect(mention.with(), settings);
            } else if (argument instanceof Message message) {
                collect(message.arguments, settings);
            }
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Message message
                && template.equals(message.template)
                && arguments.equals(message.arguments);
    }

    @Override
    public int hashCode() {
        return Objects.hash(template, arguments);
    }

    @Override
    public String toString() {
        return text();
    }
}
