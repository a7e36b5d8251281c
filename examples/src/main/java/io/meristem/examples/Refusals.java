package io.meristem.examples;

import io.meristem.Action;
import io.meristem.InputException;
import io.meristem.Meristem;
import io.meristem.Setting;
import io.meristem.Wording;
import io.meristem.job.Starter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Collectors;

/** What a page does with input that cannot be used: it switches on the code, marks the fields at fault, or shows the sentence in words of its own. */
public final class Refusals {

    /** Settings by the labels of the page's fields. */
    private static final Wording OF_THE_PAGE = new Wording() {
        @Override
        public String say(Setting.Mention setting) {
            return "the field '" + setting.setting().words().toUpperCase(Locale.ROOT) + "'";
        }

        @Override
        public String say(Action.Mention action) {
            return PLAIN.say(action);
        }
    };

    private Refusals() {}

    /** What the page answers to photos and a batch size that somebody has sent. */
    public static String answer(Path photos, String weights, int batch) {
        try {
            Meristem.fineTune(photos)
                    .model(Starter.MODEL)
                    .weights(weights)
                    .batch(batch)
                    .config();
            return "ready";
        } catch (InputException e) {
            return switch (e.code()) {
                case NOT_FOUND, NOT_READABLE -> "upload it again: " + e.getMessage();
                case OUT_OF_RANGE, CONFLICTING_SETTINGS -> "mark these fields: " + fields(e);
                default -> e.sentence().text(OF_THE_PAGE);
            };
        }
    }

    private static String fields(InputException e) {
        return e.sentence().settings().stream().map(Setting::key).collect(Collectors.joining(", "));
    }
}
