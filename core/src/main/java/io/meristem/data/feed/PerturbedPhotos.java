package io.meristem.data.feed;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.data.folder.Photo;
import io.meristem.data.image.ImageDecoder;
import io.meristem.data.image.Normalizer;
import io.meristem.data.image.Perturbation.Original;
import io.meristem.data.image.Perturbations;
import io.meristem.data.image.Preprocess;
import io.meristem.data.image.RgbImage;
import io.meristem.data.image.UnreadableImageException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * Batches of photos under perturbations. Photos are decoded from their files, in parallel and a batch at a time, since a crop and a rotation need
 * the pixels that the cache has not kept; each once for all perturbations, as far as memory allows. A perturbation's batches hold the same photos
 * in the same order as those of {@link Loader#evaluation}, and what is in them depends on photo, perturbation and seed only.
 */
public final class PerturbedPhotos {

    /** Takes one batch; it is closed when the call returns. */
    @FunctionalInterface
    public interface Consumer {
        /** @param perturbation index into {@link Perturbations#list()} */
        void accept(int perturbation, Batch batch);
    }

    /** So much of the Java heap may changed photos take. */
    private static final int HEAP_SHARE = 4;

    private final List<Photo> photos;
    private final Preprocess preprocess;
    private final Normalizer normalizer;
    private final Perturbations how;
    private final int batchSize;
    private final int threads;
    private final int atOnce;
    private final FloatBuffer buffer;

    public PerturbedPhotos(List<Photo> photos, Preprocess preprocess, Perturbations how, int batchSize, int threads) {
        this(photos, preprocess, how, batchSize, threads, Runtime.getRuntime().maxMemory() / HEAP_SHARE);
    }

    /** @param room for changed photos, in bytes */
    PerturbedPhotos(
            List<Photo> photos, Preprocess preprocess, Perturbations how, int batchSize, int threads, long room) {
        this.photos = List.copyOf(photos);
        this.preprocess = preprocess;
        this.normalizer = new Normalizer(preprocess);
        this.how = how;
        this.batchSize = Math.max(1, Math.min(batchSize, photos.size()));
        this.threads = threads;
        this.atOnce =
                (int) Math.max(1, Math.min(how.list().size(), room / ((long) this.batchSize * preprocess.length())));
        this.buffer = Loader.buffer(this.batchSize, preprocess);
    }

    /** What {@link Batch#photoIndices()} counts in. */
    public List<Photo> photos() {
        return photos;
    }

    public Preprocess preprocess() {
        return preprocess;
    }

    public Perturbations perturbations() {
        return how;
    }

    /** How many {@link #forEach} hands out, over all perturbations. */
    public int batches() {
        return how.list().size() * ((photos.size() + batchSize - 1) / batchSize);
    }

    /**
     * All photos under every perturbation, on the caller's thread.
     *
     * @throws InputException when a photo cannot be read any more
     */
    public void forEach(Consumer consumer) {
        for (int first = 0; first < how.list().size(); first += atOnce) {
            int end = Math.min(first + atOnce, how.list().size());
            for (int from = 0; from < photos.size(); from += batchSize) {
                int n = Math.min(batchSize, photos.size() - from);
                RgbImage[][] views = views(from, n, first, end);
                for (int p = first; p < end; p++) {
                    try (Batch batch = batch(from, views[p - first], n)) {
                        consumer.accept(p, batch);
                    }
                }
            }
        }
    }

    /** (perturbations, n) squares of the network's size. */
    private RgbImage[][] views(int from, int n, int first, int end) {
        RgbImage[][] views = new RgbImage[end - first][n];
        try {
            Workers.forEach(threads, n, i -> {
                RgbImage[] changed = ImageDecoder.decode(photos.get(from + i).file(), photo -> {
                    Original original = Original.of(photo, preprocess);
                    RgbImage[] of = new RgbImage[end - first];
                    for (int p = first; p < end; p++) {
                        of[p - first] = preprocess.centre(how.list().get(p).apply(original, how.seed()));
                    }
                    return of;
                });
                for (int p = first; p < end; p++) {
                    views[p - first][i] = changed[p - first];
                }
            });
        } catch (UnreadableImageException e) {
            throw new InputException(
                    ErrorCode.NOT_READABLE,
                    e,
                    "A photo cannot be read any more, %s: mend it, or evaluate again without it.",
                    e.getMessage());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return views;
    }

    private Batch batch(int from, RgbImage[] views, int n) {
        long[] labels = new long[n];
        int[] indices = new int[n];
        for (int i = 0; i < n; i++) {
            normalizer.centre(views[i], buffer, i * preprocess.length());
            labels[i] = photos.get(from + i).label();
            indices[i] = from + i;
        }
        return new Batch(buffer.slice(0, n * preprocess.length()), labels, indices, () -> {});
    }
}
