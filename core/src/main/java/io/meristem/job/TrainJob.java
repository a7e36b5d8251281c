package io.meristem.job;

import io.meristem.CancelToken;
import io.meristem.CancelledException;
import io.meristem.adapter.LayerSize;
import io.meristem.artifact.Calibration;
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
import io.meristem.tune.TrainListener;
import io.meristem.tune.Trainer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

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
        return run(config, out, cache, listener, new CancelToken());
    }

    /**
     * @param token stops the training after the step at which it is cancelled, or while photos are decoded; what then is left of the run is its best
     *     state, once an epoch has ended, or nothing
     * @throws CancelledException then, and when the thread is interrupted
     */
    public static RunResult run(RunConfig config, Path out, Path cache, JobListener listener, CancelToken token) {
        try {
            return train(config, out, cache, listener, token);
        } catch (RuntimeException e) {
            throw CancelledException.ifInterrupted(e);
        }
    }

    private static RunResult train(RunConfig config, Path out, Path cache, JobListener listener, CancelToken token) {
        RunFolder.refuseUnlessFree(out);
        ImageFolder folder =
                ImageFolder.scan(Path.of(config.data().folder()), config.data().split());
        Engine.start(config.threads(), config.train().compute().device());
        try (Networks.Loaded loaded = Networks.pretrained(
                config.model(),
                folder.classes(),
                config.train().headStart(),
                config.train().seed())) {
            Photos photos = Photos.open(folder, config.model().preprocess(), cache, config.threads(), (done, total) -> {
                listener.onDecode(done, total);
                token.check();
            });
            listener.onPhotos(photos.folder(), photos.cache());
            Provenance provenance = provenance(config, photos, loaded);
            RunWriter writer = new RunWriter(out, config, folder.classes(), provenance);
            Network network = loaded.network();
            TrainListener listeners = new Both(new Both(writer, listener), new Stopper(token));
            try {
                new Trainer(network, config.train(), photos.forTraining(config), listeners).run();
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
        List<Calibration.AtRank> temperatures = new ArrayList<>();
        if (config.train().method() instanceof DyLora method) {
            method.ranks().forEach(rank -> ranks.add(atRank(config, photos, writer, rank, temperatures)));
        }
        writer.folder().save(answers);
        Calibration.of(answers, temperatures).ifPresent(writer.folder()::save);
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

    /** @param temperatures gets the rank's, where there are validation photos */
    private static RunResult.AtRank atRank(
            RunConfig config, Photos photos, RunWriter writer, int rank, List<Calibration.AtRank> temperatures) {
        RunFolder run = RunFolder.open(writer.folder().path()).at(rank);
        try (Network cut = Networks.tuned(run)) {
            long numbers = DyLora.numbers(config.train().head().adapted(cut), rank);
            List<PhotoAnswer> answers = new ArrayList<>();
            Scores val = score(cut, photos, Split.VAL, config, answers);
            Scores test = score(cut, photos, Split.TEST, config, answers);
            Calibration.of(answers, List.of())
                    .ifPresent(c -> temperatures.add(new Calibration.AtRank(rank, c.temperature())));
            return new RunResult.AtRank(rank, LayerSize.mib(numbers), val, test);
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
                network, loader, config.model().size(), photos.folder().classes(), Judged::side);
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
