package io.meristem.job;

import io.meristem.CancelToken;
import io.meristem.CancelledException;
import io.meristem.Home;
import io.meristem.InputException;
import io.meristem.WorkerLostException;
import io.meristem.artifact.RunConfig;
import io.meristem.artifact.RunResult;
import io.meristem.data.feed.Augmentation;
import io.meristem.data.folder.SplitOptions;
import io.meristem.tune.Method;
import io.meristem.tune.Optimization;
import io.meristem.tune.Preset;
import io.meristem.tune.TrainConfig;
import java.nio.file.Path;
import java.util.List;

/**
 * A training to be: photos, and of everything else what {@code meristem train} does when nothing is said. Each method changes one setting and returns
 * this object. Whatever it has no method for is in the {@link RunConfig} that {@link #config} gives, to be changed and handed to {@link TrainJob#run}.
 */
public final class FineTuning {

    private final Path photos;
    private String model = "mobilenet_v2";
    private String weights;
    private Integer size;
    private List<Float> mean;
    private List<Float> std;
    private Method method = Preset.DEFAULT.method();
    private int epochs = Preset.DEFAULT.epochs;
    private int batch;
    private double rate;
    private long seed;
    private Path plan;
    private SplitOptions split;
    private int threads = Runtime.getRuntime().availableProcessors();
    private Path cache = Home.photos();
    private JobListener listener = JobListener.NONE;
    private int checkpointSteps;
    private int workers = 1;
    private CancelToken token = new CancelToken();

    /** @param photos one sub-folder per class, with or without train, val and test folders above the classes */
    public FineTuning(Path photos) {
        this.photos = photos;
    }

    /** @param name of a network in the registry ({@link io.meristem.zoo.Models}) */
    public FineTuning model(String name) {
        this.model = name;
        return this;
    }

    /** @param file or tag, as {@link ModelChoice} takes them: {@link Starter#NAME}, {@link ModelChoice#SCRATCH}, or null for official weights that were pulled */
    public FineTuning weights(String file) {
        this.weights = file;
        return this;
    }

    /** @param pixels a side of the square that the network sees */
    public FineTuning size(int pixels) {
        this.size = pixels;
        return this;
    }

    /**
     * Colours that the weights expect, of values scaled to 0..1.
     *
     * @param means of red, green and blue; or one number for all
     * @param deviations likewise
     */
    public FineTuning colours(List<Float> means, List<Float> deviations) {
        this.mean = means;
        this.std = deviations;
        return this;
    }

    public FineTuning method(Method how) {
        this.method = how;
        return this;
    }

    /** @param n passes over the training photos */
    public FineTuning epochs(int n) {
        this.epochs = n;
        return this;
    }

    /** @param n photos per step */
    public FineTuning batch(int n) {
        this.batch = n;
        return this;
    }

    /** @param learning rate of the adapters, or of all weights in full fine-tuning */
    public FineTuning rate(double learning) {
        this.rate = learning;
        return this;
    }

    /** @param number the same gives the same run */
    public FineTuning seed(long number) {
        this.seed = number;
        return this;
    }

    /** @param run whose plan is taken again, or a {@code plan.json}: with the rest as it was there, the same bytes come out; null to go by the kind of layer */
    public FineTuning plan(Path run) {
        this.plan = run;
        return this;
    }

    /** @param how photos are divided; when this is not called, as by default, with the groups of a {@code manifest.csv} in or beside the folder */
    public FineTuning split(SplitOptions how) {
        this.split = how;
        return this;
    }

    /** @param n processes on this machine that train together; each computes its share of every batch on {@link #threads} processors */
    public FineTuning workers(int n) {
        this.workers = n;
        return this;
    }

    /** @param n processors to use, by each of the workers */
    public FineTuning threads(int n) {
        this.threads = n;
        return this;
    }

    /** @param folder where decoded photos are kept */
    public FineTuning cache(Path folder) {
        this.cache = folder;
        return this;
    }

    /** @param listener receives the training's progress; see there on which threads */
    public FineTuning listener(JobListener listener) {
        this.listener = listener;
        return this;
    }

    /** @param n steps between two checkpoints within an epoch; 0 for one after each epoch only */
    public FineTuning checkpointSteps(int n) {
        this.checkpointSteps = n;
        return this;
    }

    /** @param stops the training when it is cancelled */
    public FineTuning cancelledBy(CancelToken stops) {
        this.token = stops;
        return this;
    }

    /** @throws InputException when a setting makes no sense or the weights are not there */
    public RunConfig config() {
        RunConfig.Model network = ModelChoice.of(model)
                .withWeights(weights)
                .withSize(size)
                .withColours(mean, std)
                .resolve();
        TrainConfig usual = TrainConfig.usual(method, Preset.DEFAULT, seed);
        Optimization optimization = usual.optimization();
        if (rate != 0) {
            optimization = optimization.withRate(rate);
        }
        TrainConfig train = TrainConfig.builder(
                        method, epochs, batch == 0 ? usual.batchSize() : batch, seed, optimization)
                .head(usual.head())
                .norm(usual.norm())
                .compute(usual.compute())
                .headStart(usual.headStart())
                .onDivergence(usual.onDivergence())
                .trainNorm(usual.trainNorm())
                .ema(usual.ema())
                .build();
        return new RunConfig(
                network,
                new RunConfig.Data(
                        photos.toAbsolutePath().normalize().toString(),
                        split == null ? SplitOptions.defaults().withGroupsFound(photos) : split,
                        Augmentation.standard()),
                train,
                threads);
    }

    /**
     * Trains, on this thread.
     *
     * @param out where the run folder goes; must be free
     * @throws CancelledException when the token was cancelled or this thread interrupted: after the current step, or while photos are decoded. {@link
     *     io.meristem.Meristem#resume} then resumes {@code out}; once an epoch has ended, it holds the best state so far, ready to be evaluated and
     *     asked. Nothing is left there when the training had not begun.
     * @throws InputException when photos, weights, plan or place cannot be used, or memory will not do
     * @throws WorkerLostException when there are several workers and one is gone; the run can be resumed then too
     */
    public RunResult run(Path out) {
        RunConfig config = config();
        Workers together = new LocalWorkers(workers);
        MemoryCheck.require(config, workers);
        return TrainJob.run(config, plan, out, cache, checkpointSteps, listener, token, together);
    }
}
