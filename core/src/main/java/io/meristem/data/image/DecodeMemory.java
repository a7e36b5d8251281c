package io.meristem.data.image;

import io.meristem.CancelledException;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;

/**
 * How many photos may be decoded at once, by the memory that they need. A photo waits until there is room; one that runs out of memory nevertheless is
 * decoded again alone. So what is read, and what is not, never depends on the size of the heap: a photo that fits it alone is read, and one that does not
 * ends the work with a sentence.
 */
final class DecodeMemory {

    /** Of this process. Half of the heap is left to everything else, and to what estimates leave out. */
    static final DecodeMemory HEAP = new DecodeMemory(Runtime.getRuntime().maxMemory() / 2);

    private static final int MIB = 20;

    /** Takes memory; may be called twice. */
    interface Attempt<T> {
        /** @param memory to be asked for room as soon as the need is known */
        T run(Lease memory) throws UnreadableImageException;
    }

    /** What one attempt may use. */
    final class Lease implements AutoCloseable {
        private int taken;
        private long need;

        private Lease(int taken) {
            this.taken = taken;
        }

        /**
         * Waits for room; once in an attempt.
         *
         * @param bytes not negative: a need that has wrapped around could wait for more room than there is, for ever
         */
        void reserve(long bytes) {
            if (bytes < 0) {
                throw new IllegalArgumentException("a photo cannot need " + bytes + " bytes");
            }
            need = bytes;
            if (taken == 0) {
                int wanted = (int) Math.min(all, 1 + (bytes >> MIB));
                acquire(wanted);
                taken = wanted;
            }
        }

        @Override
        public void close() {
            room.release(taken);
            taken = 0;
        }
    }

    private final int all;
    private final Semaphore room;

    /** @param bytes that all photos in decoding may take together */
    DecodeMemory(long bytes) {
        this.all = (int) Math.max(1, Math.min(Integer.MAX_VALUE, bytes >> MIB));
        this.room = new Semaphore(all, true);
    }

    /**
     * @param name of the photo, for a sentence
     * @throws InputException when it does not fit the heap even alone
     */
    <T> T decode(Path name, Attempt<T> attempt) throws UnreadableImageException {
        try (Lease lease = new Lease(0)) {
            return attempt.run(lease);
        } catch (OutOfMemoryError e) {
            // Others took too much meanwhile, or the estimate was too low.
        }
        acquire(all);
        long need = 0;
        try (Lease lease = new Lease(all)) {
            try {
                return attempt.run(lease);
            } finally {
                need = lease.need;
            }
        } catch (OutOfMemoryError e) {
            throw new InputException(
                    ErrorCode.TOO_LARGE,
                    e,
                    "%s",
                    sentence(name, need >> MIB, Runtime.getRuntime().maxMemory() >> MIB));
        }
    }

    private static String sentence(Path name, long need, long heap) {
        long gigabytes = 1 + Math.max(heap, 2 * need) / 1024;
        return "There is not enough Java memory to decode " + name + " ("
                + (need == 0 ? "" : "it takes about " + need + " MiB, and ")
                + "this process may use " + heap + " MiB): allow more, such as MERISTEM_JAVA_OPTS=-Xmx" + gigabytes
                + "g, or leave this photo out.";
    }

    private void acquire(int mebibytes) {
        try {
            room.acquire(mebibytes);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancelledException("Interrupted while waiting for memory to decode photos.", e);
        }
    }
}
