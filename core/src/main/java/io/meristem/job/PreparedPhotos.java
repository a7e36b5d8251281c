package io.meristem.job;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Setting;
import io.meristem.artifact.RunConfig;
import io.meristem.data.feed.Loader;
import io.meristem.data.feed.PerturbedPhotos;
import io.meristem.data.feed.PixelCache;
import io.meristem.data.feed.ProgressListener;
import io.meristem.data.feed.Share;
import io.meristem.data.folder.ImageFolder;
import io.meristem.data.folder.Photo;
import io.meristem.data.folder.Split;
import io.meristem.data.image.Perturbations;
import io.meristem.data.image.Preprocess;
import io.meristem.data.image.View;
import io.meristem.execute.LabelledFeed;
import io.meristem.tune.Inference;
import io.meristem.tune.Trainer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/** A data set ready for the network: scanned, split, decoded once. */
final class PreparedPhotos {

    /** The unbiased estimator of similarity needs so many. */
    private static final int LEAST_CALIBRATION = 4;

    private final ImageFolder folder;
    private final PixelCache cache;
    private final Preprocess preprocess;

    private PreparedPhotos(ImageFolder folder, PixelCache cache, Preprocess preprocess) {
        this.folder = folder;
        this.cache = cache;
        this.preprocess = preprocess;
    }

    static PreparedPhotos open(
            ImageFolder folder, Preprocess preprocess, Path cacheFolder, int threads, ProgressListener progress) {
        return new PreparedPhotos(
                folder, PixelCache.open(cacheFolder, folder, preprocess, threads, progress), preprocess);
    }

    ImageFolder folder() {
        return folder;
    }

    PixelCache cache() {
        return cache;
    }

    boolean synthetic() {
        return folder.isDrawn();
    }

    /** How many photos of each class and side could be read. */
    Map<String, Map<Split, Integer>> counts() {
        Map<String, Map<Split, Integer>> counts = folder.counts();
        cache.unreadable()
                .forEach(u -> counts.get(folder.classes().get(u.photo().label()))
                        .merge(u.photo().split(), -1, Integer::sum));
        return counts;
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

    /** Likewise, each in one view. */
    Loader evaluation(List<Photo> photos, View view, int batchSize, int threads) {
        return Loader.evaluation(cache, photos, preprocess, view, batchSize, threads);
    }

    /** In evaluation form under perturbations, in order. */
    PerturbedPhotos perturbed(List<Photo> photos, Perturbations how, int batchSize, int threads) {
        return new PerturbedPhotos(photos, preprocess, how, batchSize, threads);
    }

    /** @param share of each training batch that is this process's */
    Trainer.Photos forTraining(RunConfig config, Share share) {
        List<Photo> train = cache.photos(Split.TRAIN);
        int batchSize = Math.min(config.train().batchSize(), train.size());
        int threads = config.threads();
        long seed = config.train().seed();
        Loader training = Loader.training(
                cache, train, preprocess, config.data().augmentation(), batchSize, threads, seed, share);
        return new Trainer.Photos(
                training,
                evaluation(cache.photos(Split.VAL), batchSize, threads),
                calibration(threads, seed),
                preprocess.size(),
                folder.classes());
    }

    /**
     * Gives so many batches of so many training photos in evaluation form, in a seeded order. Batches are full, unless there are fewer photos than
     * one batch.
     */
    BiFunction<Integer, Integer, LabelledFeed> calibration(int threads, long seed) {
        List<Photo> train = cache.photos(Split.TRAIN);
        return (batches, size) -> {
            if (train.size() < LEAST_CALIBRATION) {
                throw new InputException(
                        ErrorCode.TOO_FEW,
                        "Only %s photos in %s are for training, and ranks are measured on at least %s: add photos, or use %s.",
                        train.size(),
                        folder.root(),
                        LEAST_CALIBRATION,
                        Setting.METHOD.as("lora"));
            }
            Loader.Options options = new Loader.Options(Math.min(size, train.size()), threads, seed, true, true);
            return Inference.feed(new Loader(cache, train, preprocess, null, options), batches, preprocess.size());
        };
    }
}
