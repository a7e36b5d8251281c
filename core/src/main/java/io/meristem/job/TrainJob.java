package io.meristem.job;

import io.meristem.adapter.LayerSize;
import io.meristem.artifact.PhotoAnswer;
import io.meristem.artifact.Provenance;
import io.meristem.artifact.RunConfig;
import io.meristem.artifact.RunFolder;
import io.meristem.artifact.RunResult;
import io.meristem.artifact.RunWriter;
import io.meristem.data.ImageFolder;
import io.meristem.data.Loader;
import io.meristem.data.Split;
import io.meristem.engine.Engine;
import io.meristem.engine.Precision;
import io.meristem.eval.Scores;
import io.meristem.nn.Network;
import io.meristem.rank.SizeHistory;
import io.meristem.tune.DyLora;
import io.meristem.tune.Trainer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Trains as configured and leaves a run folder. */
public final class TrainJob {

    /** Of this software, from the jar. */
    static final String VERSION = version();

    private TrainJob() {}

    /**
     * @param out where the run folder goes; must be free
     * @param cache where decoded photos are kept
     * @return the finished run
     */
    public static RunResult run(RunConfig config, Path out, Path cache, JobListener listener) {
        RunFolder.refuseUnlessFree(out);
        ImageFolder folder =
                ImageFolder.scan(Path.of(config.data().folder()), config.data().split());
        Engine.start(config.threads(), config.train().compute().device());
        try (Networks.Loaded loaded = Networks.pretrained(
                config.model(),
                folder.classes(),
                config.train().headStart(),
                config.train().seed())) {
            Photos photos =
                    Photos.open(folder, config.model().preprocess(), cache, config.threads(), listener::onDecode);
            Provenance provenance = provenance(config, photos, loaded);
            RunWriter writer = new RunWriter(out, config, folder.classes(), provenance);
            Network network = loaded.network();
            try {
                new Trainer(network, config.train(), photos.forTraining(config), new Both(writer, listener)).run();
            } catch (RuntimeException | Error e) {
                writer.discardUntrained();
                throw e;
            }
            RunResult result = result(config, photos, writer, network.parameterCount());
            writer.finish(result, folder.classes(), provenance);
            return result;
        }
    }

    /** Judges the best state, read back from disk: what is measured is what was saved. */
    private static RunResult result(RunConfig config, Photos photos, RunWriter writer, long numbers) {
        List<PhotoAnswer> answers = new ArrayList<>();
        Scores val;
        Scores test;
        try (Network best = Networks.tuned(RunFolder.open(writer.folder().path()))) {
            val = score(best, photos, Split.VAL, config, answers);
            test = score(best, photos, Split.TEST, config, answers);
        }
        List<RunResult.AtRank> ranks = new ArrayList<>();
        if (config.train().method() instanceof DyLora method) {
            method.ranks().forEach(rank -> ranks.add(atRank(config, photos, writer, rank)));
        }
        writer.predictions(photos.folder().classes(), answers);
        List<SizeHistory.Span> sizes = writer.sizes();
        return new RunResult(
                config.train().method().label(),
                config.train().epochs(),
                writer.bestEpoch(),
                val,
                test,
                LayerSize.mib(numbers),
                sizes,
                SizeHistory.average(sizes, config.train().epochs()),
                LayerSize.mib(writer.headNumbers()),
                writer.secondsPerEpoch(),
                ranks,
                Memory.peakMib());
    }

    private static RunResult.AtRank atRank(RunConfig config, Photos photos, RunWriter writer, int rank) {
        RunFolder run = RunFolder.open(writer.folder().path()).at(rank);
        try (Network cut = Networks.tuned(run)) {
            long numbers = DyLora.numbers(config.train().head().adapted(cut), rank);
            return new RunResult.AtRank(
                    rank,
                    LayerSize.mib(numbers),
                    score(cut, photos, Split.VAL, config, new ArrayList<>()),
                    score(cut, photos, Split.TEST, config, new ArrayList<>()));
        }
    }

    /** Null when the side has no photos; each photo's answer goes to {@code answers}. */
    private static Scores score(
            Network network, Photos photos, Split split, RunConfig config, List<PhotoAnswer> answers) {
        Loader loader =
                photos.evaluation(photos.cache().photos(split), config.train().batchSize(), config.threads());
        if (loader == null) {
            return null;
        }
        Judged judged = Judged.of(
                network, loader, config.model().size(), photos.folder().classes(), photo -> photo.split()
                        .name()
                        .toLowerCase(Locale.ROOT));
        answers.addAll(judged.answers());
        return judged.scores();
    }

    private static Provenance provenance(RunConfig config, Photos photos, Networks.Loaded loaded) {
        List<String> notes = new ArrayList<>(photos.folder().notes());
        photos.folder()
                .skipped()
                .forEach(skipped -> notes.add("Left out " + skipped.relative() + ": " + skipped.reason()));
        return new Provenance(
                VERSION,
                Engine.info(),
                photos.folder().fingerprint(),
                photos.counts(),
                photos.unreadable(),
                notes,
                photos.synthetic(),
                loaded.sha256(),
                loaded.report() == null
                        ? "no pretrained weights"
                        : String.join(" ", loaded.report().notes()),
                config.train().seed(),
                config.train().compute().precision() == Precision.BF16
                        ? "bfloat16, trained numbers in float32"
                        : "float32");
    }

    private static String version() {
        String version = TrainJob.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }
}
