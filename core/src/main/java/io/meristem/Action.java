package io.meristem;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;

/** Something that a user can do next, as errors and notes name it. On the command line it is a command; elsewhere it has plain words. */
public enum Action {
    CALIBRATE("a calibration"),
    CHECK_DATA("a check of the photos"),
    EVALUATE("an evaluation"),
    EXPORT("an export"),
    IMPORT("an import of %s"),
    LIST_MODELS("the registry of models"),
    /** A clause, unlike the others. */
    PULL_WEIGHTS("fetch the weights of %s"),
    /** A clause. */
    RENEW_WEIGHTS("fetch the weights of %s anew"),
    REPORT("a report"),
    /** A clause. */
    RESUME("resume it"),
    STUDY("a study"),
    TRAIN("a training");

    /**
     * An action in a sentence.
     *
     * @param with what it is done to, as text, and then {@linkplain Setting.Mention settings}
     */
    public record Mention(Action action, List<Serializable> with) implements Serializable {}

    private final String words;

    Action(String words) {
        this.words = words;
    }

    /** A noun with its article, or a clause; {@code %s} where it names what it is done to. */
    public String words() {
        return words;
    }

    /** @param with what it is done to, as text, and then {@link Setting} and {@link Setting.Mention} */
    public Mention with(Object... with) {
        return new Mention(
                this,
                Arrays.stream(with)
                        .map(one -> one instanceof Setting setting ? setting.bare() : one)
                        .map(one ->
                                one instanceof Setting.Mention mention ? mention : (Serializable) String.valueOf(one))
                        .toList());
    }
}
