package io.meristem.engine;

import io.meristem.Message;
import io.meristem.Setting;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Tells failures for want of memory from others: the engine's come as exceptions of no class of their own, with a native stack trace for a message. */
public final class MemoryFailure {

    private static final Pattern BYTES = Pattern.compile("allocate (\\d+) bytes");
    private static final Pattern WORDS = Pattern.compile("Tried to allocate ([0-9.]+ [KMG]iB)");
    private static final double MIB = 1 << 20;

    private MemoryFailure() {}

    /** One sentence about {@code failure}, where memory ran out, in Java or in the engine. */
    public static Optional<Message> sentence(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            String text = cause.getMessage() == null ? "" : cause.getMessage();
            boolean java = cause instanceof OutOfMemoryError;
            boolean engine = cause instanceof RuntimeException
                    && (text.contains("DefaultCPUAllocator")
                            || text.contains("bad_alloc")
                            || text.contains("out of memory"));
            if (java || engine) {
                return Optional.of(Message.of(
                        "Memory ran out (%s): use a smaller %s, %s or model, %s, or end other programs.",
                        what(text), Setting.BATCH_SIZE, Setting.SIZE, Setting.CHECKPOINTING));
            }
        }
        return Optional.empty();
    }

    private static String what(String text) {
        Matcher bytes = BYTES.matcher(text);
        if (bytes.find()) {
            return String.format(
                    Locale.ROOT, "%.0f MiB more could not be had", Double.parseDouble(bytes.group(1)) / MIB);
        }
        Matcher words = WORDS.matcher(text);
        if (words.find()) {
            return words.group(1) + " more could not be had";
        }
        return text.lines()
                .findFirst()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .orElse("no reason known");
    }
}
