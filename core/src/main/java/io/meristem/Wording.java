package io.meristem;

import java.util.Locale;
import java.util.stream.Collectors;

/** How settings and jobs are called where a {@link Message} is shown: a command line has options and commands, a page has fields and buttons. */
public interface Wording {

    /** The library's own words. */
    Wording PLAIN = new Wording() {
        @Override
        public String say(Setting.Mention setting) {
            return (setting.article() ? "the " : "")
                    + setting.setting().words()
                    + (setting.value() == null ? "" : " " + setting.value());
        }

        @Override
        public String say(Action.Mention action) {
            String words = String.format(
                    Locale.ROOT,
                    action.action().words(),
                    action.with().stream()
                            .filter(part -> !(part instanceof Setting.Mention))
                            .toArray());
            String settings = action.with().stream()
                    .filter(part -> part instanceof Setting.Mention)
                    .map(part -> say((Setting.Mention) part))
                    .collect(Collectors.joining(" and "));
            return words + (settings.isEmpty() ? "" : " with " + settings);
        }
    };

    String say(Setting.Mention setting);

    String say(Action.Mention action);
}
