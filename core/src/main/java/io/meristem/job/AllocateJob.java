package io.meristem.job;

import io.meristem.artifact.RunConfig;
import io.meristem.data.ImageFolder;
import io.meristem.engine.Engine;
import io.meristem.rank.Allocation;
import io.meristem.tune.Compute;
import io.meristem.tune.Dra;
import io.meristem.tune.HeadPolicy;
import java.nio.file.Path;

/** Measures the pretrained network on photos and shares out ranks, as a DRA training does before its first epoch, and stops there. */
public final class AllocateJob {

    private AllocateJob() {}

    /**
     * @param head whether the head is among the adapted layers
     * @param seed which photos are measured
     * @param compute in what precision
     */
    public static Allocation run(
            RunConfig.Model model,
            RunConfig.Data data,
            Dra dra,
            HeadPolicy head,
            long seed,
            Compute compute,
            int threads,
            Path cache,
            JobListener listener) {
        ImageFolder folder = ImageFolder.scan(Path.of(data.folder()), data.split());
        Engine.start(threads, compute.device());
        try (Networks.Loaded loaded =
                Networks.pretrained(model, folder.classes().size(), seed)) {
            Photos photos = Photos.open(folder, model.preprocess(), cache, threads, listener::onDecode);
            loaded.network().setPrecision(compute.precision());
            return dra.allocate(loaded.network(), head, photos.calibration(threads, seed));
        }
    }
}
