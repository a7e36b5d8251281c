package io.meristem.data.feed;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.data.folder.Photo;
import io.meristem.data.image.Normalizer;
import io.meristem.data.image.PhotoSeeds;
import io.meristem.data.image.Preprocess;
import io.meristem.data.image.RgbImage;
import io.meristem.data.image.View;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Batches of one side of a data set, prepared ahead by worker threads. What a batch holds depends on photos, seed and epoch only, not on the
 * number of threads. Buffers are made once and serve all epochs, one epoch at a time.
 */
public final class Loader {

    /**
     * How photos become batches.
     *
     * @param batchSize photos per batch
     * @param threads workers that prepare batches
     * @param seed of the order and the augmentation
     * @param shuffle a new order in each epoch, or the photos' own
     * @param dropLast leave out a last batch that is not full
     * @param share of each batch that is prepared
     */
    public record Options(int batchSize, int threads, long seed, boolean shuffle, boolean dropLast, Share share) {

        /** Whole batches. */
        public Options(int batchSize, int threads, long seed, boolean shuffle, boolean dropLast) {
            this(batchSize, threads, seed, shuffle, dropLast, Share.ALL);
        }

        public Options {
            if (batchSize < 1 || threads < 1) {
                throw new InputException(
                        ErrorCode.OUT_OF_RANGE,
                        "The batch size is %s and the number of loader threads %s: both must be positive.",
                        batchSize,
                        threads);
            }
        }
    }

    private static final int ALIGNMENT = 64; // a cache line, and what vector kernels like best

    private final PixelCache cache;
    private final List<Photo> photos;
    private final Preprocess preprocess;
    private final Normalizer normalizer;
    private final Augmentation augmentation;
    private final View view;
    private final Options options;
    private final BlockingQueue<FloatBuffer> free = new LinkedBlockingQueue<>();
    private final int buffers;
    /** Batches the consumer has taken and not closed, of whatever epoch. */
    private final AtomicInteger held = new AtomicInteger();

    private Epoch running;

    /** {@code augmentation} may be null or {@link Augmentation#NONE}: photos as in evaluation. All photos must be in the cache. */
    public Loader(
            PixelCache cache, List<Photo> photos, Preprocess preprocess, Augmentation augmentation, Options options) {
        this(cache, photos, preprocess, augmentation, View.CENTRE, options);
    }

    private Loader(
            PixelCache cache,
            List<Photo> photos,
            Preprocess preprocess,
            Augmentation augmentation,
            View view,
            Options options) {
        if (!preprocess.key().equals(cache.preprocess().key())) {
            throw new IllegalArgumentException(
                    "the cache holds photos for " + cache.preprocess() + ", not for " + preprocess);
        }
        for (Photo photo : photos) {
            if (!cache.contains(photo)) {
                throw new IllegalArgumentException(photo.file() + " is not in the cache");
            }
        }
        this.cache = cache;
        this.photos = List.copyOf(photos);
        this.preprocess = preprocess;
        this.normalizer = new Normalizer(preprocess);
        this.augmentation = augmentation == null || augmentation.equals(Augmentation.NONE) ? null : augmentation;
        this.view = view;
        this.options = options;
        // Two per worker, so that each can work while its last batch waits, and one in the consumer's hands.
        this.buffers = Math.max(1, Math.min(2 * options.threads(), batches())) + 1;
        for (int i = 0; i < buffers; i++) {
            int most = Math.min(options.batchSize(), Math.max(1, photos.size()));
            free.add(buffer(options.share().most(most), preprocess));
        }
    }

    /** Direct memory for so many photos. */
    static FloatBuffer buffer(int photos, Preprocess preprocess) {
        long bytes = (long) photos * preprocess.length() * Float.BYTES + ALIGNMENT;
        if (bytes > Integer.MAX_VALUE) {
            throw new InputException(
                    ErrorCode.TOO_LARGE,
                    "A batch of %s photos of %s x %s pixels needs more than 2 GiB: choose a smaller batch size.",
                    photos,
                    preprocess.size(),
                    preprocess.size());
        }
        return ByteBuffer.allocateDirect((int) bytes)
                .alignedSlice(ALIGNMENT)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
    }

    /** Shuffled and augmented batches for training; the last, smaller batch is kept. */
    public static Loader training(
            PixelCache cache,
            List<Photo> photos,
            Preprocess preprocess,
            Augmentation augmentation,
            int batchSize,
            int threads,
            long seed) {
        return training(cache, photos, preprocess, augmentation, batchSize, threads, seed, Share.ALL);
    }

    /** The same, of each batch of {@code batchSize} photos the share of one of several processes. */
    public static Loader training(
            PixelCache cache,
            List<Photo> photos,
            Preprocess preprocess,
            Augmentation augmentation,
            int batchSize,
            int threads,
            long seed,
            Share share) {
        return new Loader(
                cache, photos, preprocess, augmentation, new Options(batchSize, threads, seed, true, false, share));
    }

    /** All photos once, in order, as they are. */
    public static Loader evaluation(
            PixelCache cache, List<Photo> photos, Preprocess preprocess, int batchSize, int threads) {
        return evaluation(cache, photos, preprocess, View.CENTRE, batchSize, threads);
    }

    /** All photos once, in order, each in one view. */
    public static Loader evaluation(
            PixelCache cache, List<Photo> photos, Preprocess preprocess, View view, int batchSize, int threads) {
        return new Loader(cache, photos, preprocess, null, view, new Options(batchSize, threads, 0, false, false));
    }

    /** What {@link Batch#photoIndices()} counts in. */
    public List<Photo> photos() {
        return photos;
    }

    /** Batches per epoch. */
    public int batches() {
        int n = photos.size();
        return options.dropLast() ? n / options.batchSize() : (n + options.batchSize() - 1) / options.batchSize();
    }

    public Options options() {
        return options;
    }

    BlockingQueue<FloatBuffer> free() {
        return free;
    }

    AtomicInteger held() {
        return held;
    }

    int buffers() {
        return buffers;
    }

    /** Starts the workers on one epoch; the one before must have been closed. */
    public Epoch epoch(int epoch) {
        return epoch(epoch, 0);
    }

    /** As {@link #epoch(int)}, without the first {@code skipped} batches, which are not prepared. */
    public synchronized Epoch epoch(int epoch, int skipped) {
        if (running != null && !running.isClosed()) {
            throw new IllegalStateException("the loader's epoch before is not closed");
        }
        running = new Epoch(this, order(epoch), epoch, skipped);
        return running;
    }

    private int[] order(int epoch) {
        int[] order = new int[photos.size()];
        for (int i = 0; i < order.length; i++) {
            order[i] = i;
        }
        if (options.shuffle()) {
            // -1 is no photo: the order has a stream of its own.
            SplittableRandom random = PhotoSeeds.photo(options.seed(), epoch, -1);
            for (int i = order.length - 1; i > 0; i--) {
                int j = random.nextInt(i + 1);
                int swap = order[i];
                order[i] = order[j];
                order[j] = swap;
            }
        }
        return order;
    }

    /** Puts one photo in its place in the batch; {@code views} are the worker's, of {@link #views}. */
    void fill(int epoch, int photo, TrainingViews views, FloatBuffer batch, int place) {
        RgbImage scaled = cache.image(photos.get(photo));
        int at = place * photoLength();
        if (views == null) {
            normalizer.write(scaled, view, batch, at);
        } else {
            views.write(scaled, epoch, photo, batch, at);
        }
    }

    /** What a worker needs for {@link #fill}; null where photos are seen as in evaluation. */
    TrainingViews views() {
        return augmentation == null ? null : new TrainingViews(augmentation, preprocess, options.seed());
    }

    int photoLength() {
        return preprocess.length();
    }
}
