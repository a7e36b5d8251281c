package io.meristem;

/** A job was asked to stop, by its token or by interrupting its thread, and has stopped. */
public final class CancelledException extends RuntimeException {

    public CancelledException(String message) {
        super(message);
    }

    public CancelledException(String message, Throwable cause) {
        super(message, cause);
    }
}
