package io.meristem.job;

import io.meristem.artifact.RunConfig;
import io.meristem.data.ImageFolder;
import io.meristem.data.Loader;
import io.meristem.data.Photo;
import io.meristem.data.PixelCache;
import io.meristem.data.Preprocess;
import io.meristem.data.Progress;
import io.meristem.data.Split;
import io.meristem.tune.Inference;
import io.meristem.tune.Trainer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A data set ready for the network: scanned, split, decoded once. */
final class Photos {

    /** The file that marks a folder of drawings. */
    static final String SYNTHETIC_MARK = "SYNTHETIC.txt";

    private final ImageFolder folder;
    private final PixelCache cache;
    private final Preprocess preprocess;

    private Photos(ImageFolder folder, PixelCache cache, Preprocess preprocess) {
        this.folder = folder;
        this.cache = cache;
        this.preprocess = preprocess;
    }

    static Photos open(ImageFolder folder, Preprocess preprocess, Path cacheFolder, int threads, Progress progress) {
        return new Photos(folder, PixelCache.open(cacheFolder, folder, preprocess, threads, progress), preprocess);
    }

    ImageFolder folder() {
        return folder;
    }

    PixelCache cache() {
        return cache;
    }

    boolean synthetic() {
        return Files.exists(folder.root().resolve(SYNTHETIC_MARK));
    }

    /** One sentence per photo that was left out. */
    List<String> unreadable() {
        return cache.unreadable().stream()
                .map(u -> u.photo().relative() + ": " + u.reason())
                .toList();
    }

    /** In evaluation form, in order; null when there are none. */
    Loader evaluation(List<Photo> photos, int batchSize, int threads) {
        return photos.isEmpty() ? null : Loader.evaluation(cache, photos, preprocess, batchSize, threads);
    }

    Trainer.Photos forTraining(RunConfig config) {
        List<Photo> train = cache.photos(Split.TRAIN);
        int batchSize = Math.min(config.train().batchSize(), train.size());
        int threads = config.threads();
        long seed = config.train().seed();
        Loader training =
                Loader.training(cache, train, preprocess, config.data().augmentation(), batchSize, threads, seed);
        return new Trainer.Photos(
                training,
                evaluation(cache.photos(Split.VAL), batchSize, threads),
                (batches, size) -> Inference.feed(calibration(size, threads, seed), batches, preprocess.size()),
                preprocess.size(),
                folder.classes());
    }

    /** Training photos in evaluation form, in a seeded order. Batches are full, unless there are fewer photos than one batch. */
    private Loader calibration(int batchSize, int threads, long seed) {
        List<Photo> train = cache.photos(Split.TRAIN);
        Loader.Options options = new Loader.Options(Math.min(batchSize, train.size()), threads, seed, true, true);
        return new Loader(cache, train, preprocess, null, options);
    }
}
