package io.meristem.job;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Setting;
import io.meristem.artifact.RunConfig;
import io.meristem.data.folder.ImageFolder;
import io.meristem.engine.Engine;
import io.meristem.execute.LabelledFeed;
import io.meristem.rank.Allocation;
import io.meristem.tune.Compute;
import io.meristem.tune.Dra;
import io.meristem.tune.HeadPolicy;
import io.meristem.tune.HeadStart;
import io.meristem.tune.NormTraining;
import java.nio.file.Path;
import java.util.function.BiFunction;

/** Measures the pretrained network on photos and shares out ranks, as a DRA training does before its first epoch, and stops there. */
public final class AllocateJob {

    private AllocateJob() {}

    /**
     * Ranks, and what would train beside them.
     *
     * @param normNumbers numbers of the normalisation that train beside the factors and count in the same size and budget
     */
    public record Shared(Allocation allocation, long normNumbers) {}

    /** With nothing beside the ranks. */
    public static Allocation run(
            RunConfig.Model model,
            RunConfig.Data data,
            Dra dra,
            HeadPolicy head,
            HeadStart start,
            long seed,
            Compute compute,
            int threads,
            Path cache,
            JobListener listener) {
        return run(model, data, dra, head, start, NormTraining.NONE, seed, compute, threads, cache, listener)
                .allocation();
    }

    /**
     * @param head whether the head is among the adapted layers
     * @param start what the head starts from
     * @param seed which photos are measured, and what a scorer draws
     * @param trainNorm what would train beside the ranks and takes its share of a budget
     * @param compute in what precision
     */
    public static Shared run(
            RunConfig.Model model,
            RunConfig.Data data,
            Dra dra,
            HeadPolicy head,
            HeadStart start,
            NormTraining trainNorm,
            long seed,
            Compute compute,
            int threads,
            Path cache,
            JobListener listener) {
        if (dra.scorer().needsTraining()) {
            throw new InputException(
                    ErrorCode.CONFLICTING_SETTINGS,
                    "The scorer %s looks at a trained update, and before any training there is none, so that all layers would get equal ranks: give it to train, or take another %s here.",
                    dra.scorer().label(),
                    Setting.SCORER);
        }
        ImageFolder folder = ImageFolder.scan(Path.of(data.folder()), data.split());
        folder.cautions().forEach(listener::onNote);
        Engine.start(threads, compute.device());
        try (Networks.Loaded loaded = Networks.pretrained(model, folder.classes(), start, seed)) {
            PreparedPhotos photos = PreparedPhotos.open(folder, model.preprocess(), cache, threads, listener::onDecode);
            photos.cache().notes().forEach(listener::onNote);
            BiFunction<Integer, Integer, LabelledFeed> calibration = photos.calibration(threads, seed);
            loaded.network().setPrecision(compute.precision());
            start.apply(loaded.network(), calibration).ifPresent(listener::onNote);
            long beside = trainNorm.numbers(loaded.network(), head);
            Allocation allocation = dra.allocate(loaded.network(), head, calibration, seed, beside);
            allocation.note().ifPresent(listener::onNote);
            return new Shared(allocation, beside);
        }
    }
}
