package io.meristem.data.feed;

import java.nio.FloatBuffer;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Photos for one step of the network. The pixels lie in a direct buffer in native order that {@link #close} hands back for reuse: whatever was
 * wrapped around it (a tensor from its address) must be done with by then.
 */
public final class Batch implements AutoCloseable {

    private final FloatBuffer pixels;
    private final long[] labels;
    private final long[] wholeLabels;
    private final int[] photoIndices;
    private final Runnable giveBack;
    private final AtomicBoolean closed = new AtomicBoolean();

    Batch(FloatBuffer pixels, long[] labels, int[] photoIndices, Runnable giveBack) {
        this(pixels, labels, labels, photoIndices, giveBack);
    }

    Batch(FloatBuffer pixels, long[] labels, long[] wholeLabels, int[] photoIndices, Runnable giveBack) {
        this.pixels = pixels;
        this.labels = labels;
        this.wholeLabels = wholeLabels;
        this.photoIndices = photoIndices;
        this.giveBack = giveBack;
    }

    /** (N, H, W, 3) normalised float32, from position 0 to limit; as (N, 3, H, W) that is exactly the channels-last memory format. */
    public FloatBuffer nhwc() {
        if (closed.get()) {
            throw new IllegalStateException("the batch is closed, its buffer may hold other photos");
        }
        return pixels;
    }

    /** Class index of each photo, (N). */
    public long[] labels() {
        return labels;
    }

    /** Class index of each photo of the batch that this is a {@link Share} of; where it is all of it, the same as {@link #labels}. */
    public long[] wholeLabels() {
        return wholeLabels;
    }

    /** Index of each photo in {@link Loader#photos()}, (N). */
    public int[] photoIndices() {
        return photoIndices;
    }

    /** N. */
    public int size() {
        return labels.length;
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            giveBack.run();
        }
    }
}
