package io.meristem.data.feed;

import io.meristem.data.image.Normalizer;
import io.meristem.data.image.PhotoSeeds;
import io.meristem.data.image.Planes;
import io.meristem.data.image.Preprocess;
import io.meristem.data.image.RgbImage;
import java.nio.FloatBuffer;
import java.util.SplittableRandom;

/** Random views of photos, as training sees them. It has working memory, so each thread needs its own. */
public final class TrainingViews {

    private final Augmentation augmentation;
    private final Preprocess preprocess;
    private final Normalizer normalizer;
    private final long seed;
    private final Planes scratch;

    /** @param seed of the training */
    public TrainingViews(Augmentation augmentation, Preprocess preprocess, long seed) {
        this.augmentation = augmentation;
        this.preprocess = preprocess;
        this.normalizer = new Normalizer(preprocess);
        this.seed = seed;
        this.scratch = new Planes(preprocess.size() * preprocess.size());
    }

    /**
     * Writes the view of a photo in an epoch, (size, size, 3) and normalised.
     *
     * @param scaled as {@link Preprocess#scaled} gives it
     * @param photo its number among the training photos
     * @param out from {@code at} on
     */
    public void write(RgbImage scaled, int epoch, int photo, FloatBuffer out, int at) {
        SplittableRandom random = PhotoSeeds.photo(seed, epoch, photo);
        augmentation.view(scaled, preprocess, normalizer, random, scratch, out, at);
    }
}
