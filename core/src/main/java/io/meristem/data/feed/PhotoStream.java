package io.meristem.data.feed;

import io.meristem.CancelledException;
import io.meristem.data.image.ImageDecoder;
import io.meristem.data.image.Preprocess;
import io.meristem.data.image.RgbImage;
import io.meristem.data.image.UnreadableImageException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;

/**
 * Photos decoded and scaled ahead of their use by daemon threads, in the order of their files. The files may still be coming in: their iterator is
 * asked on a thread of its own, which it may block. For one consumer.
 */
public final class PhotoStream implements AutoCloseable {

    /**
     * A photo at evaluation scale.
     *
     * @param scaled null when it cannot be read
     * @param problem why, with the file's name; null when it can
     */
    public record Decoded(Path file, RgbImage scaled, String problem) {}

    private static final Decoded END = new Decoded(null, null, null);

    private final Preprocess preprocess;
    private final ExecutorService decoders;
    private final Thread reader;
    private final BlockingQueue<Future<Decoded>> queue;
    private boolean ended;

    /**
     * @param threads that decode
     * @param ahead how many photos may wait for the consumer
     */
    public PhotoStream(Iterator<Path> files, Preprocess preprocess, int threads, int ahead) {
        this.preprocess = preprocess;
        this.queue = new LinkedBlockingQueue<>(ahead);
        this.decoders = Executors.newFixedThreadPool(threads, daemons("photo-decoder"));
        this.reader = daemons("photo-names").newThread(() -> read(files));
        reader.start();
    }

    private static ThreadFactory daemons(String name) {
        return task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        };
    }

    private void read(Iterator<Path> files) {
        try {
            try {
                while (files.hasNext()) {
                    Path file = files.next();
                    queue.put(decoders.submit(() -> decode(file)));
                }
                queue.put(CompletableFuture.completedFuture(END));
            } catch (RuntimeException e) {
                queue.put(CompletableFuture.failedFuture(e));
            }
        } catch (InterruptedException e) {
            return; // closed
        }
    }

    private Decoded decode(Path file) {
        try {
            return new Decoded(file, ImageDecoder.decode(file, preprocess::scaled), null);
        } catch (UnreadableImageException e) {
            return new Decoded(file, null, e.getMessage());
        }
    }

    /**
     * The next photos; none at the end.
     *
     * @param most of them
     * @param patient whether to wait until there are as many, or the files end; otherwise for the first one only
     * @throws CancelledException when the thread is interrupted
     */
    public List<Decoded> next(int most, boolean patient) {
        List<Decoded> batch = new ArrayList<>();
        try {
            while (!ended && batch.size() < most) {
                Future<Decoded> next = patient || batch.isEmpty() ? queue.take() : queue.poll();
                if (next == null) {
                    break;
                }
                Decoded photo = next.get();
                if (photo.equals(END)) {
                    ended = true;
                } else {
                    batch.add(photo);
                }
            }
            return batch;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancelledException("Interrupted while waiting for photos.", e);
        } catch (ExecutionException e) {
            ended = true;
            if (e.getCause() instanceof RuntimeException runtime) {
                throw runtime;
            }
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    /** Stops decoding; photos not taken are forgotten. */
    @Override
    public void close() {
        ended = true;
        reader.interrupt();
        decoders.shutdownNow();
    }
}
