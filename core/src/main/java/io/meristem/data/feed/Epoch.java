package io.meristem.data.feed;

import io.meristem.CancelledException;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One pass over a loader's photos, for one consumer. Batches come in order; each must be closed before its buffer is needed again, at the latest
 * when the loader's buffers are used up. Closing stops the workers, whatever they are at; taking the last batch closes the epoch too.
 */
public final class Epoch implements Iterator<Batch>, AutoCloseable {

    private final Loader loader;
    private final BlockingQueue<FloatBuffer> free;
    private final int[] order;
    private final int epoch;
    private final List<CompletableFuture<Batch>> results = new ArrayList<>();
    private final List<Thread> workers = new ArrayList<>();
    private final AtomicInteger started = new AtomicInteger();
    private volatile boolean stopped;
    private int next;
    private long waited;

    /** @param skipped batches at the beginning that nobody wants */
    Epoch(Loader loader, int[] order, int epoch, int skipped) {
        this.loader = loader;
        this.free = loader.free();
        this.order = order;
        this.epoch = epoch;
        this.next = skipped;
        this.started.set(skipped);
        int size = loader.options().batchSize();
        int batches = loader.options().dropLast() ? order.length / size : (order.length + size - 1) / size;
        for (int b = 0; b < batches; b++) {
            results.add(new CompletableFuture<>());
        }
        for (int t = 0; t < Math.min(loader.options().threads(), batches - skipped); t++) {
            Thread worker = new Thread(this::work, "photo-loader-" + t);
            // Where the virtual machine lets priorities through (-XX:ThreadPriorityPolicy=1), the network goes first.
            worker.setPriority(Thread.MIN_PRIORITY);
            worker.setDaemon(true);
            workers.add(worker);
            worker.start();
        }
    }

    private void work() {
        TrainingViews views = loader.views();
        while (!stopped && started.get() < results.size()) {
            FloatBuffer buffer;
            try {
                // A buffer first, then a number: so the lowest batch in work always has one and the consumer is never
                // starved.
                buffer = free.take();
            } catch (InterruptedException e) {
                return;
            }
            int b = started.getAndIncrement();
            if (stopped || b >= results.size()) {
                free.add(buffer);
                return;
            }
            try {
                results.get(b).complete(batch(b, buffer, views));
            } catch (Throwable e) {
                free.add(buffer);
                results.get(b).completeExceptionally(e);
            }
        }
    }

    private Batch batch(int b, FloatBuffer buffer, TrainingViews views) {
        int size = loader.options().batchSize();
        int whole = Math.min(size, order.length - b * size);
        long[] all = new long[whole];
        for (int i = 0; i < whole; i++) {
            all[i] = loader.photos().get(order[b * size + i]).label();
        }
        int from = loader.options().share().from(whole);
        int n = loader.options().share().to(whole) - from;
        int[] indices = new int[n];
        for (int i = 0; i < n && !stopped; i++) {
            int photo = order[b * size + from + i];
            loader.fill(epoch, photo, views, buffer, i);
            indices[i] = photo;
        }
        FloatBuffer view = buffer.slice(0, n * loader.photoLength());
        long[] labels = n == whole ? all : Arrays.copyOfRange(all, from, from + n);
        return new Batch(view, labels, all, indices, () -> {
            loader.held().decrementAndGet();
            free.add(buffer);
        });
    }

    @Override
    public boolean hasNext() {
        return !stopped && next < results.size();
    }

    /** Waits for the next batch; a worker's failure comes out here. */
    @Override
    public Batch next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        CompletableFuture<Batch> result = results.get(next);
        if (loader.held().get() >= loader.buffers() && !result.isDone()) {
            throw new IllegalStateException(
                    "all " + loader.buffers() + " batches of this loader are in use: close batches after use");
        }
        long from = System.nanoTime();
        try {
            Batch batch = result.get();
            loader.held().incrementAndGet();
            results.set(next, null);
            next++;
            if (next == results.size()) {
                close();
            }
            return batch;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancelledException("Interrupted while waiting for photos.", e);
        } catch (ExecutionException e) {
            close();
            Throwable cause = e.getCause();
            if (cause instanceof RuntimeException runtime) {
                throw runtime;
            }
            if (cause instanceof Error error) {
                throw error;
            }
            throw new IllegalStateException(cause);
        } finally {
            waited += System.nanoTime() - from;
        }
    }

    /** How long {@link #next} has kept the consumer waiting, in nanoseconds: near zero when the photos keep up with the network. */
    public long waitNanos() {
        return waited;
    }

    boolean isClosed() {
        return stopped;
    }

    /** Stops the workers and takes back the batches nobody asked for. Batches in the consumer's hands stay valid until they are closed. */
    @Override
    public void close() {
        if (stopped) {
            return;
        }
        stopped = true;
        workers.forEach(Thread::interrupt);
        boolean interrupted = false;
        for (Thread worker : workers) {
            while (worker.isAlive()) {
                try {
                    worker.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        for (int b = next; b < results.size(); b++) {
            CompletableFuture<Batch> result = results.get(b);
            if (result.isDone() && !result.isCompletedExceptionally()) {
                loader.held().incrementAndGet();
                result.join().close();
            }
        }
    }
}
