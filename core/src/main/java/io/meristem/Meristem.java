package io.meristem;

import io.meristem.artifact.RunFolder;
import io.meristem.artifact.RunResult;
import io.meristem.data.image.Views;
import io.meristem.job.Abstention;
import io.meristem.job.EvaluateJob;
import io.meristem.job.FineTuning;
import io.meristem.job.JobListener;
import io.meristem.job.PredictJob;
import io.meristem.job.TrainJob;
import io.meristem.predict.Predictor;
import java.nio.file.Path;

/**
 * The front door for programs: fine-tune a network on a folder of photos, judge the run, and ask it about photos. Each is a class of the room {@code
 * job} with its usual settings; docs/api.md shows them at work.
 *
 * <p>Wrong input is an {@link InputException} whose message is one sentence for people. The engine belongs to the process: it starts with the first of
 * these, and the number of threads last asked for holds for all. Train and evaluate on one thread at a time; predictors may be asked by any number of
 * threads, meanwhile too.
 */
public final class Meristem {

    private Meristem() {}

    /**
     * A training to be, with the usual settings.
     *
     * @param photos one sub-folder per class, with or without train, val and test folders above the classes
     */
    public static FineTuning fineTune(Path photos) {
        return new FineTuning(photos);
    }

    /**
     * Goes on with a training that was stopped or killed, as if it had not been; one that has ended is left as it is.
     *
     * @param run the folder that the training left
     * @throws InputException when there is no such run, or photos, weights or checkpoints are not what they were
     */
    public static RunResult resume(Path run, JobListener listener, CancelToken token) {
        return TrainJob.resume(run, Home.photos(), null, listener, token);
    }

    /**
     * Judges a run's best state, or a file that was exported from one, on all processors.
     *
     * @param run the folder that a training left, or the file
     * @param photos a folder with the run's classes, or null for the run's own test photos, which a file does not know
     */
    public static EvaluateJob.Outcome evaluate(Path run, Path photos) {
        return evaluate(
                EvaluateJob.Request.of(run).withData(photos),
                Runtime.getRuntime().availableProcessors());
    }

    /**
     * As {@link #evaluate(Path, Path)}, with more to choose.
     *
     * @throws CancelledException when this thread is interrupted
     */
    public static EvaluateJob.Outcome evaluate(EvaluateJob.Request request, int threads) {
        return EvaluateJob.run(request, threads, Home.photos(), JobListener.NONE);
    }

    /**
     * Opens a run to be asked about photos, on all processors; it names the three most probable classes.
     *
     * @param model the folder of a run, finished or not, as long as {@link RunFolder#open} finds a state in it; or a file that was exported from one
     * @return safe for concurrent calls; to be closed
     */
    public static Predictor predictor(Path model) {
        return predictor(
                new PredictJob.Request(model, null, Predictor.Options.DEFAULT.top(), Views.ONE, Abstention.NONE),
                Runtime.getRuntime().availableProcessors());
    }

    /** As {@link #predictor(Path)}, with more to choose. */
    public static Predictor predictor(PredictJob.Request request, int threads) {
        return PredictJob.open(request, threads);
    }
}
