package io.meristem;

/**
 * A training's numbers went wrong: they are not finite any more, or the loss has exploded. The message is one sentence that says when, where, and what
 * is left; the process exits with code 1.
 */
public final class DivergedException extends RuntimeException {

    public DivergedException(String message) {
        super(message);
    }

    public DivergedException(String message, Throwable cause) {
        super(message, cause);
    }
}
