package io.meristem.data.image;

import java.io.IOException;
import java.nio.file.Path;

/** One file is no picture that can be decoded. Loaders skip, count and name it; the message is the path and a short reason. */
public final class UnreadableImageException extends IOException {

    private final String reason;

    public UnreadableImageException(Path file, String reason, Throwable cause) {
        super(file + ": " + reason, cause);
        this.reason = reason;
    }

    public UnreadableImageException(Path file, String reason) {
        this(file, reason, null);
    }

    /** The reason without the path. */
    public String reason() {
        return reason;
    }
}
