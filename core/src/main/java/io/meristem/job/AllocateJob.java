package io.meristem.job;

import io.meristem.artifact.RunConfig;
import io.meristem.data.ImageFolder;
import io.meristem.engine.Engine;
import io.meristem.rank.Allocation;
import io.meristem.tune.Dra;
import java.nio.file.Path;

/** Measures the pretrained network on photos and shares out ranks, as a DRA training does before its first epoch, and stops there. */
public final class AllocateJob {

    private AllocateJob() {}

    /** @param config whose method is {@link Dra} */
    public static Allocation run(RunConfig config, Path cache, JobListener listener) {
        Dra dra = (Dra) config.train().method();
        ImageFolder folder =
                ImageFolder.scan(Path.of(config.data().folder()), config.data().split());
        Engine.start(config.threads());
        try (Networks.Loaded loaded = Networks.pretrained(
                config.model(), folder.classes().size(), config.train().seed())) {
            Photos photos =
                    Photos.open(folder, config.model().preprocess(), cache, config.threads(), listener::onDecode);
            return dra.allocate(
                    loaded.network(),
                    config.train().head(),
                    photos.forTraining(config).calibration());
        }
    }
}
