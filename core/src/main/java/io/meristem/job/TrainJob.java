package io.meristem.job;

import io.meristem.Action;
import io.meristem.CancelToken;
import io.meristem.CancelledException;
import io.meristem.DivergedException;
import io.meristem.InputException;
import io.meristem.Message;
import io.meristem.WorkerLostException;
import io.meristem.adapter.ComputePlan;
import io.meristem.adapter.LayerSize;
import io.meristem.artifact.Calibration;
import io.meristem.artifact.Checkpoints;
import io.meristem.artifact.Json;
import io.meristem.artifact.PhotoAnswer;
import io.meristem.artifact.PlanFile;
import io.meristem.artifact.Provenance;
import io.meristem.artifact.RunConfig;
import io.meristem.artifact.RunFolder;
import io.meristem.artifact.RunPlace;
import io.meristem.artifact.RunResult;
import io.meristem.artifact.RunWriter;
import io.meristem.artifact.StoppedRun;
import io.meristem.artifact.TravellingState;
import io.meristem.data.feed.Loader;
import io.meristem.data.feed.Share;
import io.meristem.data.folder.ImageFolder;
import io.meristem.data.folder.Split;
import io.meristem.engine.Engine;
import io.meristem.engine.Precision;
import io.meristem.eval.Scores;
import io.meristem.execute.Network;
import io.meristem.rank.SizeHistory;
import io.meristem.tune.DyLora;
import io.meristem.tune.SavedTraining;
import io.meristem.tune.Team;
import io.meristem.tune.TrainListener;
import io.meristem.tune.Trainer;
import io.meristem.zoo.Models;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

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
        return run(config, out, cache, 0, listener, new CancelToken());
    }

    /**
     * @param checkpointSteps steps between two checkpoints within an epoch; 0 for one after each epoch only
     * @param token stops the training after the step at which it is cancelled, or while photos are decoded; {@link #resume} then resumes it, once it has
     *     begun, and nothing is left of it before
     * @throws CancelledException then, and when the thread is interrupted
     */
    public static RunResult run(
            RunConfig config, Path out, Path cache, int checkpointSteps, JobListener listener, CancelToken token) {
        return run(config, null, out, cache, checkpointSteps, listener, token);
    }

    /**
     * Trains with the plan of another run, so that what that run computed comes out again.
     *
     * @param plan the folder of a run, or the file {@value RunFolder#PLAN} of one; null to go by {@code config}
     * @throws InputException when the plan does not fit
     */
    public static RunResult run(
            RunConfig config,
            Path plan,
            Path out,
            Path cache,
            int checkpointSteps,
            JobListener listener,
            CancelToken token) {
        return run(config, plan, out, cache, checkpointSteps, listener, token, Workers.NONE);
    }

    /**
     * Trains in several processes, of which this one is worker 0. Each computes its share of every batch of {@code config}, so that the run is that of one process but for
     * rounding, and for what is dropped at random.
     *
     * @throws WorkerLostException when one of them is gone; {@link #resume} resumes the run then, once it has begun, and nothing is left of it before
     */
    public static RunResult run(
            RunConfig config,
            Path plan,
            Path out,
            Path cache,
            int checkpointSteps,
            JobListener listener,
            CancelToken token,
            Workers workers) {
        try {
            return begin(config, plan, out, cache, checkpointSteps, listener, token, workers);
        } catch (RuntimeException e) {
            throw CancelledException.ifInterrupted(e);
        }
    }

    private static RunResult begin(
            RunConfig config,
            Path plan,
            Path out,
            Path cache,
            int checkpointSteps,
            JobListener listener,
            CancelToken token,
            Workers workers) {
        RunPlace.refuseUnlessFree(out);
        requireSense(config);
        Map<String, ComputePlan.LayerPlan> ways = plan == null ? null : ways(plan, config);
        try (Prepared prepared = prepare(config, cache, listener, token, workers.count());
                RunWriter writer = new RunWriter(
                        out, config, prepared.photos.folder().classes(), prepared.provenance, checkpointSteps, ways)) {
            try {
                prepared.train(config, writer, checkpointSteps, null, ways, listener, token, cache, workers);
            } catch (RuntimeException e) {
                RuntimeException reason = CancelledException.ifInterrupted(e);
                boolean resumable = reason instanceof CancelledException || reason instanceof WorkerLostException;
                if (!resumable || Checkpoints.newest(out).isEmpty()) {
                    writer.discardUntrained();
                }
                throw withMend(reason, out);
            } catch (Error e) {
                writer.discardUntrained();
                throw e;
            }
            return finish(config, prepared, prepared.provenance, writer);
        }
    }

    private static Map<String, ComputePlan.LayerPlan> ways(Path plan, RunConfig config) {
        PlanFile file = PlanFile.read(plan);
        Engine.start(config.threads(), config.train().compute().device()); // which ways there are depends on the device
        try (Network definition = new Network(Models.find(config.model().name()), 2)) {
            return file.ways(plan, config, definition);
        }
    }

    /**
     * Goes on with a run that was stopped, at whatever moment, to the same weights, metrics and ranks as if it had not been, on the same machine. A run that
     * has ended is left as it is.
     *
     * @param checkpointSteps as for {@link #run}; null for what the run was started with
     * @param listener also gets a note that says where the run resumes
     * @throws InputException when there is no run, another process is at work on it, or its photos, weights or checkpoints are not what they were
     */
    public static RunResult resume(
            Path run, Path cache, Integer checkpointSteps, JobListener listener, CancelToken token) {
        return resume(run, cache, checkpointSteps, listener, token, null);
    }

    /**
     * The same with any number of workers: the numbers are then those of a run that was never stopped but for rounding, and for what is dropped at random.
     *
     * @param workers null for as many processes on this machine as it began with
     */
    public static RunResult resume(
            Path run, Path cache, Integer checkpointSteps, JobListener listener, CancelToken token, Workers workers) {
        if (RunFolder.isFinished(run)) {
            RunResult result = RunFolder.ended(run);
            listener.onNote(
                    "The run in " + run + " has ended, after " + result.epochs() + " epochs: nothing is left to do.");
            return result;
        }
        try {
            return goOn(run, cache, checkpointSteps, listener, token, workers);
        } catch (RuntimeException e) {
            throw withMend(CancelledException.ifInterrupted(e), run);
        }
    }

    /** What is left of a training that has lost a worker, in its sentence. */
    private static RuntimeException withMend(RuntimeException e, Path run) {
        if (!(e instanceof WorkerLostException lost)) {
            return e;
        }
        Message left = Checkpoints.newest(run)
                .map(at -> Message.of("the run stands %s: %s.", at.words(), Action.RESUME.with(run)))
                .orElse(Message.of("the training had not begun, so nothing is left in %s.", run));
        return new WorkerLostException(
                Message.of("%s; %s", lost.sentence().text().replaceFirst("[.;:]$", ""), left), lost);
    }

    private static RunResult goOn(
            Path run, Path cache, Integer checkpointSteps, JobListener listener, CancelToken token, Workers given) {
        try (StoppedRun stopped = new StoppedRun(run, listener::onNote);
                Prepared prepared = prepare(stopped.config(), cache, listener, token)) {
            Origin.requireSame(run, stopped.config(), stopped.provenance(), prepared.provenance)
                    .ifPresent(listener::onNote);
            int before = workers(run);
            Workers workers = given == null ? new LocalWorkers(before) : given;
            if (workers.count() != before) {
                listener.onNote(
                        "The run began with " + counted(before) + " and is resumed with " + counted(workers.count())
                                + ": its numbers will differ a little from those of a run that was never stopped.");
            }
            int steps = checkpointSteps == null ? stopped.checkpointSteps() : checkpointSteps;
            try (RunWriter writer = stopped.writer(steps)) {
                prepared.train(
                        stopped.config(),
                        writer,
                        steps,
                        stopped.training(),
                        stopped.ways(prepared.loaded.network()),
                        listener,
                        token,
                        cache,
                        workers);
                return finish(stopped.config(), prepared, stopped.provenance(), writer);
            }
        }
    }

    /** How many workers a run began with; 1 where there is no run, or none that says it. */
    public static int workers(Path run) {
        try {
            Integer workers = Json.read(run.resolve(RunFolder.PROVENANCE), Provenance.class)
                    .workers();
            return workers == null ? 1 : workers;
        } catch (InputException e) {
            return 1;
        }
    }

    /** @throws InputException when settings do not fit the network, before any photo is read */
    private static void requireSense(RunConfig config) {
        try (Network definition = new Network(Models.find(config.model().name()), 2)) {
            config.train().trainNorm().trained(definition, config.train().head());
        }
    }

    /** All that a training needs but for its run folder. */
    record Prepared(Networks.Loaded loaded, PreparedPhotos photos, Provenance provenance) implements AutoCloseable {

        void train(
                RunConfig config,
                RunWriter writer,
                int checkpointSteps,
                SavedTraining saved,
                Map<String, ComputePlan.LayerPlan> ways,
                JobListener listener,
                CancelToken token,
                Path cache,
                Workers workers) {
            TrainListener listeners = new ListenerPair(
                    new ListenerPair(writer, listener),
                    new ListenerPair(new CheckpointListener(writer, listener), new Stopper(token)));
            try (Workers.Group group =
                    workers.meet(new Workers.Task(config, provenance, cache, workers.count()), token)) {
                try {
                    new Trainer(
                                    loaded.network(),
                                    config.train(),
                                    photos.forTraining(config, new Share(0, workers.count())),
                                    listeners,
                                    checkpointSteps,
                                    ways,
                                    new Team(group.exchange(), new TravellingState()))
                            .run(saved);
                } catch (WorkerLostException e) {
                    throw group.explain(e);
                }
            } catch (DivergedException e) {
                throw DivergenceAdvice.of(e, writer, config.train().onDivergence());
            }
        }

        @Override
        public void close() {
            loaded.close();
        }
    }

    static Prepared prepare(RunConfig config, Path cache, JobListener listener, CancelToken token) {
        return prepare(config, cache, listener, token, 1);
    }

    private static Prepared prepare(
            RunConfig config, Path cache, JobListener listener, CancelToken token, int workers) {
        ImageFolder folder =
                ImageFolder.scan(config.data().place(), config.data().split());
        folder.cautions().forEach(listener::onNote);
        Engine.start(config.threads(), config.train().compute().device());
        Networks.Loaded loaded = Networks.pretrained(
                config.model(),
                folder.classes(),
                config.train().headStart(),
                config.train().seed());
        try {
            if (loaded.report() != null) {
                loaded.report().notes().forEach(listener::onNote);
            }
            PreparedPhotos photos =
                    PreparedPhotos.open(folder, config.model().preprocess(), cache, config.threads(), (done, total) -> {
                        listener.onDecode(done, total);
                        token.check();
                    });
            photos.cache().notes().forEach(listener::onNote);
            listener.onPhotos(photos.folder(), photos.cache());
            return new Prepared(loaded, photos, provenance(config, photos, loaded, workers));
        } catch (RuntimeException | Error e) {
            loaded.close();
            throw e;
        }
    }

    private static RunResult finish(RunConfig config, Prepared prepared, Provenance provenance, RunWriter writer) {
        RunResult result = result(
                config, prepared.photos, writer, prepared.loaded.network().parameterCount());
        writer.finish(result, prepared.photos.folder().classes(), provenance);
        return result;
    }

    /** Judges the best state, read back from disk: what is measured is what was saved. */
    private static RunResult result(RunConfig config, PreparedPhotos photos, RunWriter writer, long numbers) {
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
                config.train().label(),
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
            RunConfig config,
            PreparedPhotos photos,
            RunWriter writer,
            int rank,
            List<Calibration.AtRank> temperatures) {
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
            Network network, PreparedPhotos photos, Split split, RunConfig config, List<PhotoAnswer> answers) {
        Loader loader =
                photos.evaluation(photos.cache().photos(split), config.train().batchSize(), config.threads());
        if (loader == null) {
            return null;
        }
        Judgement judged = Judgement.of(
                network, loader, config.model().size(), photos.folder().classes(), Judgement::side);
        answers.addAll(judged.answers());
        return judged.scores();
    }

    private static String counted(int workers) {
        return workers == 1 ? "one worker" : workers + " workers";
    }

    private static Provenance provenance(RunConfig config, PreparedPhotos photos, Networks.Loaded loaded, int workers) {
        List<String> notes = new ArrayList<>(photos.folder().notes());
        notes.addAll(photos.folder().leftOut());
        return new Provenance(
                VERSION,
                Engine.info(),
                photos.cache().fingerprint(),
                photos.counts(),
                photos.unreadable(),
                notes,
                photos.folder().skipped().stream()
                        .map(skipped -> skipped.relative() + ": " + skipped.reason())
                        .toList(),
                photos.synthetic(),
                loaded.sha256(),
                loaded.report() == null
                        ? "no pretrained weights"
                        : String.join(" ", loaded.report().notes()),
                config.train().seed(),
                config.train().compute().precision() == Precision.BF16
                        ? "bfloat16, trained numbers in float32"
                        : "float32",
                workers == 1 ? null : workers);
    }

    private static String version() {
        String version = TrainJob.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }
}
