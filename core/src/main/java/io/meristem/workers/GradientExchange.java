package io.meristem.workers;

import io.meristem.WorkerLostException;
import java.io.IOException;
import java.nio.file.Path;
import org.bytedeco.pytorch.Tensor;

/**
 * How the workers of one training, one a process, exchange numbers. All of them call the same methods in the same order with tensors of the same sizes, and each
 * call waits for the others. Worker 0 leads: what is decided once is decided there. Not thread-safe.
 */
public interface GradientExchange extends AutoCloseable {

    /** A training in one process. */
    GradientExchange NONE = new GradientExchange() {
        @Override
        public int worker() {
            return 0;
        }

        @Override
        public int workers() {
            return 1;
        }

        @Override
        public void sum(Tensor flat) {}

        @Override
        public void broadcast(Tensor tensor) {}

        @Override
        public void sendFile(Path file) {}

        @Override
        public void receiveFile(Path file) {
            throw new IllegalStateException("there is no other worker");
        }

        @Override
        public long sent() {
            return 0;
        }

        @Override
        public void close() {}
    };

    /** This worker's number, from 0. */
    int worker();

    /** How many there are. */
    int workers();

    /** Whether this is the only worker. */
    default boolean alone() {
        return workers() == 1;
    }

    /** Whether this is the worker that decides, judges and writes. */
    default boolean leads() {
        return worker() == 0;
    }

    /**
     * Adds up a tensor over the workers. All of them get the same bits.
     *
     * @param flat contiguous float32, overwritten with the sum
     * @throws WorkerLostException when another worker is gone
     */
    void sum(Tensor flat);

    /**
     * Gives all workers what worker 0 has.
     *
     * @param tensor contiguous, of the same type and size everywhere; overwritten on the others
     * @throws WorkerLostException when another worker is gone
     */
    void broadcast(Tensor tensor);

    /**
     * Sends a file from worker 0 to all others, which call {@link #receiveFile}.
     *
     * @throws WorkerLostException when another worker is gone
     */
    void sendFile(Path file) throws IOException;

    /**
     * The other side of {@link #sendFile}.
     *
     * @param file is made
     */
    void receiveFile(Path file) throws IOException;

    /** Bytes that this worker has handed in to be summed or broadcast so far. */
    long sent();

    @Override
    void close();
}
