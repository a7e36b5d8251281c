package io.meristem;

/**
 * Something the user gave us cannot be used. The message is one sentence that says what is wrong, where, and how to mend it; it is shown as it
 * stands, without a stack trace, and the process exits with code 2.
 */
public final class InputException extends RuntimeException {

    public InputException(String message) {
        super(message);
    }

    public InputException(String message, Throwable cause) {
        super(message, cause);
    }
}
