package io.meristem;

import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileLockInterruptionException;

/** A job was asked to stop, by its token or by interrupting its thread, and has stopped. */
public final class CancelledException extends RuntimeException {

    public CancelledException(String message) {
        super(message);
    }

    public CancelledException(String message, Throwable cause) {
        super(message, cause);
    }

    /**
     * What to throw for a failure: files of a thread that is interrupted fail to be read, written and locked, which is no fault of theirs.
     *
     * @return {@code failure} itself, unless that is behind it
     */
    public static RuntimeException ifInterrupted(RuntimeException failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof CancelledException) {
                return failure;
            }
            if (cause instanceof ClosedByInterruptException || cause instanceof FileLockInterruptionException) {
                return new CancelledException("Stopped, the thread was interrupted.", failure);
            }
        }
        return failure;
    }
}
