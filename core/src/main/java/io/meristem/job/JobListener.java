package io.meristem.job;

import io.meristem.data.feed.PixelCache;
import io.meristem.data.folder.ImageFolder;
import io.meristem.tune.TrainListener;

/** Hears what a job does, on the thread that runs it; training's events come through {@link TrainListener}. */
public interface JobListener extends TrainListener {

    JobListener NONE = new JobListener() {};

    /** Photos are being decoded into the cache; not called when all are there. Called on threads that decode, one call at a time. */
    default void onDecode(int done, int total) {}

    /** All photos are decoded; training is about to begin. They may be looked over here, on the thread that trains. */
    default void onPhotos(ImageFolder folder, PixelCache photos) {}

    /** Photos under perturbations are being judged, so many batches of all. */
    default void onPerturbed(int done, int total) {}
}
