package io.meristem.testing;

import com.sun.management.ThreadMXBean;
import io.meristem.InputException;
import io.meristem.data.image.UnreadableImageException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * What every file from a stranger must be answered with: a value, or one sentence, within limits. Fuzz targets and hand-made cases go through
 * here; the worst that was seen of each target is printed at the end where the system property {@code meristem.hostile.print} is set.
 */
public final class Hostile {

    /** Far above what any input of a few hundred kilobytes should take, on a busy machine too. */
    private static final long MOST_MILLIS = 20_000;

    /** Of Java memory taken while one input is read, freed or not: that of a hundred megapixels in the decoder that takes most for each, and some. */
    private static final long MOST_BYTES = 2L << 30;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private static final Map<String, Worst> WORST = new ConcurrentHashMap<>();

    static {
        if (Boolean.getBoolean("meristem.hostile.print")) {
            Runtime.getRuntime().addShutdownHook(new Thread(Hostile::print));
        }
    }

    /** Reads one input. */
    @FunctionalInterface
    public interface Body {
        void run() throws Exception;
    }

    /** Reads any input. */
    @FunctionalInterface
    public interface Reader {
        void read(byte[] input) throws Exception;
    }

    private static final class Worst {
        private long inputs;
        private long refused;
        private long nanos;
        private long bytes;
    }

    private Hostile() {}

    /**
     * Has the seeds of a fuzz target read without looking at what they take: the classes that they need are loaded then, which takes more than any input.
     *
     * @param test the class with the target
     */
    public static void loadClasses(Class<?> test, String target, Reader reader) throws Exception {
        Path seeds = Path.of(
                test.getResource(test.getSimpleName() + "Inputs/" + target).toURI());
        List<Path> files;
        try (Stream<Path> inside = Files.list(seeds)) {
            files = inside.toList();
        }
        for (Path file : files) {
            try {
                reader.read(Files.readAllBytes(file));
            } catch (InputException | UnreadableImageException e) {
                requireSentence(e.getMessage());
            }
        }
    }

    /** Prints what was seen so far, where it is to be printed. */
    public static void print() {
        if (Boolean.getBoolean("meristem.hostile.print")) {
            WORST.forEach((name, worst) -> System.out.printf(
                    Locale.ROOT,
                    "hostile %s: %d inputs, %d refused, worst %d ms, worst %.1f MiB%n",
                    name,
                    worst.inputs,
                    worst.refused,
                    worst.nanos / 1_000_000,
                    worst.bytes / 1048576.0));
            WORST.clear();
        }
    }

    /** Whether the input was read; fails when it ended in anything but a value or a sentence. */
    public static boolean read(String target, Body body) {
        long bytes = THREADS.getCurrentThreadAllocatedBytes();
        long start = System.nanoTime();
        boolean read = false;
        try {
            body.run();
            read = true;
        } catch (InputException | UnreadableImageException e) {
            requireSentence(e.getMessage());
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Exception e) {
            throw new AssertionError(e);
        }
        note(target, System.nanoTime() - start, THREADS.getCurrentThreadAllocatedBytes() - bytes, read);
        return read;
    }

    private static synchronized void note(String target, long nanos, long bytes, boolean read) {
        Worst worst = WORST.computeIfAbsent(target, name -> new Worst());
        worst.inputs++;
        worst.refused += read ? 0 : 1;
        worst.nanos = Math.max(worst.nanos, nanos);
        worst.bytes = Math.max(worst.bytes, bytes);
        if (nanos > MOST_MILLIS * 1_000_000 || bytes > MOST_BYTES) {
            throw new AssertionError(
                    target + " took " + nanos / 1_000_000 + " ms and " + (bytes >> 20) + " MiB for one input");
        }
    }

    private static void requireSentence(String message) {
        if (message == null || message.isBlank() || message.length() > 4000) {
            throw new AssertionError("no sentence for people: " + message);
        }
    }
}
