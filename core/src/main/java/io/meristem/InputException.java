package io.meristem;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;

/**
 * Something the user gave us cannot be used. The message is one sentence that says what is wrong, where, and how to mend it; it is shown without a stack
 * trace, and the process exits with code 2. For programs there are {@link #code} and what the {@link #sentence} is made of; the command line puts its own
 * names of settings into that.
 */
public final class InputException extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final ErrorCode code;
    private final Message sentence;
    private final Message reason;

    /**
     * @param template the sentence, as {@link String#format} takes it; {@code %s} for settings and jobs
     * @param arguments as {@link Message#of} takes them
     */
    @FormatMethod
    public InputException(ErrorCode code, @FormatString String template, Object... arguments) {
        this(code, Message.of(template, arguments));
    }

    /** With the error that is behind it. */
    @FormatMethod
    public InputException(ErrorCode code, Throwable cause, @FormatString String template, Object... arguments) {
        this(code, cause, Message.of(template, arguments));
    }

    public InputException(ErrorCode code, Message sentence) {
        this(code, null, sentence, sentence);
    }

    /** @param cause or null */
    public InputException(ErrorCode code, Throwable cause, Message sentence) {
        this(code, cause, sentence, sentence);
    }

    private InputException(ErrorCode code, Throwable cause, Message sentence, Message reason) {
        super(sentence.text(), cause);
        this.code = code;
        this.sentence = sentence;
        this.reason = reason;
    }

    /**
     * Settings that make no sense, in a record's constructor.
     *
     * @param template what is wrong, as a part of a sentence: small at its beginning, without a full stop
     */
    @FormatMethod
    public static InputException ofSettings(ErrorCode code, @FormatString String template, Object... arguments) {
        Message reason = Message.of(template, arguments);
        return new InputException(code, null, Message.of("These settings cannot be used: %s.", reason), reason);
    }

    public ErrorCode code() {
        return code;
    }

    /** The message as data. */
    public Message sentence() {
        return sentence;
    }

    /** The same; of {@linkplain #ofSettings settings} the part that says what is wrong, to be put into a sentence that says where. */
    public Message reason() {
        return reason;
    }
}
