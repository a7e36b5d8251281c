package io.meristem.kernel;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;

/** Daemon threads that help the caller with numbered pieces of work. They touch plain memory only, never tensors. */
final class KernelThreads {

    private static final AtomicInteger NUMBER = new AtomicInteger();
    private static final ExecutorService HELPERS = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "kernel-helper-" + NUMBER.incrementAndGet());
        thread.setDaemon(true);
        return thread;
    });

    private KernelThreads() {}

    /** Runs {@code piece} for 0 to {@code pieces} - 1, on the calling thread and at most {@code threads} - 1 others; returns when all are done. */
    static void run(int pieces, int threads, IntConsumer piece) {
        AtomicInteger next = new AtomicInteger();
        CountDownLatch left = new CountDownLatch(pieces);
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Runnable work = () -> {
            for (int p = next.getAndIncrement(); p < pieces; p = next.getAndIncrement()) {
                try {
                    piece.accept(p);
                } catch (RuntimeException | Error e) {
                    failure.compareAndSet(null, e);
                } finally {
                    left.countDown();
                }
            }
        };
        for (int t = 1; t < Math.min(threads, pieces); t++) {
            HELPERS.execute(work);
        }
        work.run();
        await(left);
        if (failure.get() != null) {
            throw new IllegalStateException("a piece of parallel work failed", failure.get());
        }
    }

    /** Waits whatever happens, since the helpers read memory that the caller may free once this returns. */
    private static void await(CountDownLatch left) {
        boolean interrupted = false;
        while (true) {
            try {
                left.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
