package io.meristem.data.feed;

import io.meristem.CancelledException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/** Independent tasks over a few daemon threads; interrupting the caller ends them with a {@link CancelledException}. */
public final class Workers {

    /** One task by number. */
    @FunctionalInterface
    public interface Task {
        void run(int index) throws IOException;
    }

    private Workers() {}

    /** Runs tasks 0 to {@code count} - 1; the first failure stops the others and is thrown here. */
    public static void forEach(int threads, int count, Task task) throws IOException {
        AtomicInteger next = new AtomicInteger();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        List<Thread> started = new ArrayList<>();
        for (int t = 0; t < Math.min(Math.max(1, threads), count); t++) {
            Thread thread = new Thread(
                    () -> {
                        try {
                            for (int i = next.getAndIncrement();
                                    i < count && failure.get() == null;
                                    i = next.getAndIncrement()) {
                                task.run(i);
                            }
                        } catch (Throwable e) {
                            failure.compareAndSet(null, e);
                        }
                    },
                    "photo-decoder-" + t);
            thread.setDaemon(true);
            thread.start();
            started.add(thread);
        }
        boolean interrupted = false;
        for (Thread thread : started) {
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                    failure.compareAndSet(null, new CancelledException("Interrupted while photos were decoded."));
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        rethrow(failure.get());
    }

    private static void rethrow(Throwable e) throws IOException {
        if (e instanceof IOException io) {
            throw io;
        } else if (e instanceof RuntimeException runtime) {
            throw runtime;
        } else if (e instanceof Error error) {
            throw error;
        }
    }
}
