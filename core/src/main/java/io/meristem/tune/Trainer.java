package io.meristem.tune;

import io.meristem.CancelledException;
import io.meristem.DivergedException;
import io.meristem.Message;
import io.meristem.adapter.ComputePlan;
import io.meristem.data.feed.Batch;
import io.meristem.data.feed.Epoch;
import io.meristem.data.feed.Loader;
import io.meristem.engine.Engine;
import io.meristem.engine.Seeds;
import io.meristem.engine.Tensors;
import io.meristem.eval.Scores;
import io.meristem.execute.LabelledFeed;
import io.meristem.execute.Network;
import io.meristem.op.BatchNormLayer;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiFunction;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/** The training loop, one for all methods. */
public final class Trainer {

    /**
     * The photos of a training.
     *
     * @param train shuffled, augmented batches
     * @param val in evaluation form, or null without validation photos
     * @param calibration training photos in evaluation form: a loader for a batch size
     * @param size side of the input, pixels
     * @param classes names, in label order
     */
    public record Photos(
            Loader train,
            Loader val,
            BiFunction<Integer, Integer, LabelledFeed> calibration,
            int size,
            List<String> classes) {}

    private static final double NANOS = 1e9;

    private final Network network;
    private final TrainConfig config;
    private final Photos photos;
    private final TrainListener listener;
    private final int checkpointSteps;
    private final Map<String, ComputePlan.LayerPlan> ways;
    private final Team team;
    private final float[] classWeights;
    private final LossWatch watch;
    private TrainProgress progress = TrainProgress.START;

    /** With checkpoints at the beginning and after each epoch. */
    public Trainer(Network network, TrainConfig config, Photos photos, TrainListener listener) {
        this(network, config, photos, listener, 0);
    }

    /**
     * @param network materialised and loaded; it is trained in place and stays the caller's
     * @param checkpointSteps steps between two checkpoints within an epoch; 0 for none there
     */
    public Trainer(Network network, TrainConfig config, Photos photos, TrainListener listener, int checkpointSteps) {
        this(network, config, photos, listener, checkpointSteps, null);
    }

    /** @param ways how layers are computed, in place of what the configuration says; or null */
    public Trainer(
            Network network,
            TrainConfig config,
            Photos photos,
            TrainListener listener,
            int checkpointSteps,
            Map<String, ComputePlan.LayerPlan> ways) {
        this(network, config, photos, listener, checkpointSteps, ways, Team.ALONE);
    }

    /**
     * As one worker of a team.
     *
     * @param photos the training photos with this worker's share of each batch
     */
    public Trainer(
            Network network,
            TrainConfig config,
            Photos photos,
            TrainListener listener,
            int checkpointSteps,
            Map<String, ComputePlan.LayerPlan> ways,
            Team team) {
        this.team = team;
        this.classWeights = config.optimization().classWeights() ? classWeights(photos) : null;
        this.ways = ways;
        this.network = network;
        this.config = config;
        this.photos = photos;
        this.listener = listener;
        this.checkpointSteps = checkpointSteps;
        this.watch = new LossWatch(photos.classes().size(), photos.train().batches());
    }

    /** Trains all epochs. Afterwards the network holds the last state, every update merged. */
    public void run() {
        run(null);
    }

    /**
     * Trains the epochs that are left, to the same end as if the training had never stopped.
     *
     * @param saved what to resume from; null for a new training
     * @throws DivergedException when numbers went wrong
     */
    public void run(SavedTraining saved) {
        Engine.seed(config.seed());
        Tensor classWeights = classWeights();
        try (Stepper stepper = new Stepper(network, config, setting(classWeights), saved)) {
            if (saved == null) {
                keep(stepper);
            } else {
                progress = saved.state().progress();
                watch.load(saved.state().losses());
                saved.loadRandom();
                saved.tensors().requireAllRead();
            }
            ModelState state = new ModelState(network, stepper.method());
            Team.Word word = Team.Word.STATE;
            while (progress.epoch() <= config.epochs()) {
                team.say(word, new Checkpoint(progress, watch.seen(), stepper), stepper.changing());
                word = runEpoch(stepper, state);
            }
            team.say(Team.Word.END, null, null);
            listener.onEnd(state);
            if (config.ema() > 0) {
                stepper.averaged(() -> listener.onEndAveraged(state));
            }
            stepper.merge();
        } finally {
            Tensors.free(classWeights);
        }
    }

    /**
     * Trains the epochs that worker 0 trains, each on this worker's shares of the batches, as worker 0 says.
     *
     * @throws IllegalStateException when this is worker 0
     */
    public void follow() {
        if (team.exchange().leads()) {
            throw new IllegalStateException("there is nobody to follow");
        }
        Tensor classWeights = classWeights();
        Stepper[] stepper = {null};
        try {
            for (Team.Word word = team.hear(); word != Team.Word.END; word = team.hear()) {
                if (word == Team.Word.STATE) {
                    close(stepper[0]);
                    stepper[0] = null;
                    team.receive(saved -> {
                        stepper[0] = new Stepper(network, config, setting(classWeights), saved);
                        progress = saved.state().progress();
                        watch.load(saved.state().losses());
                    });
                } else {
                    watch.endEpoch(progress.meanLoss());
                    team.share(stepper[0].changing());
                    stepper[0].method().revalued();
                    progress = TrainProgress.before(progress.epoch() + 1, null, false, progress.lowered());
                }
                followEpoch(stepper[0]);
            }
        } finally {
            close(stepper[0]);
            Tensors.free(classWeights);
        }
    }

    private void followEpoch(Stepper stepper) {
        try {
            trainEpoch(stepper);
        } catch (DivergedException e) {
            // Worker 0 sees the same numbers, and decides.
        }
    }

    private static void close(Stepper stepper) {
        if (stepper != null) {
            stepper.close();
        }
    }

    private Stepper.StepSettings setting(Tensor classWeights) {
        return new Stepper.StepSettings(
                photos.calibration(),
                photos.train().options().batchSize(),
                photos.train().batches(),
                photos.size(),
                classWeights,
                listener,
                ways,
                team.exchange());
    }

    /** @return what the other workers need to go on */
    private Team.Word runEpoch(Stepper stepper, ModelState state) {
        int epoch = progress.epoch();
        if (config.onDivergence() == OnDivergence.LOWER_LR && progress.step() == 0) {
            stepper.remember();
        }
        Scores val;
        long trained;
        try {
            trainEpoch(stepper);
            trained = System.nanoTime();
            val = validate(stepper);
            requireHealthy(epoch, stepper, val);
        } catch (DivergedException e) {
            goBack(stepper, e);
            return Team.Word.STATE;
        } catch (CancelledException e) {
            keep(stepper);
            throw e;
        }
        long validated = System.nanoTime();
        watch.endEpoch(progress.meanLoss());
        long numbers = stepper.numbers();
        long allocated = stepper.allocated();
        double measure = val == null ? epoch : val.accuracy();
        // A state of a size that is not final yet serves only until there is one that is.
        boolean settles = !progress.settled() && stepper.method().settled();
        boolean isBest = settles || progress.best() == null || measure > progress.best();
        if (isBest) {
            stepper.averaged(() -> listener.onBest(epoch, state));
        }
        long saved = System.nanoTime();
        setTraining(stepper, false);
        MethodState.EpochEnd end = stepper.endEpoch(epoch, meanFactor(stepper, epoch));
        EpochReport.Timing timing = new EpochReport.Timing(
                progress.trainNanos() / NANOS,
                progress.waitNanos() / NANOS,
                (validated - trained) / NANOS,
                (System.nanoTime() - saved) / NANOS);
        EpochReport report = new EpochReport(
                epoch,
                config.optimization().rate() * progress.factor(),
                progress.meanLoss(),
                progress.accuracy(),
                val,
                numbers,
                allocated,
                stepper.headNumbers(),
                end.change(),
                end.threshold(),
                end.replaced(),
                progress.lowered(),
                timing);
        progress = TrainProgress.before(
                epoch + 1,
                isBest ? (Double) measure : progress.best(),
                progress.settled() || settles,
                progress.lowered());
        try {
            listener.onEpoch(report, isBest);
        } catch (CancelledException e) {
            keep(stepper);
            throw e;
        }
        keep(stepper);
        return end.replaced() ? Team.Word.STATE : Team.Word.NEXT;
    }

    private void trainEpoch(Stepper stepper) {
        long start = System.nanoTime() - progress.trainNanos();
        long waited = progress.waitNanos();
        setTraining(stepper, true);
        int steps = photos.train().batches();
        int epoch = progress.epoch();
        try (Epoch batches = photos.train().epoch(epoch, progress.step())) {
            while (batches.hasNext()) {
                int step = progress.step() + 1;
                double factor = factor(stepper, epoch, step);
                try (Batch batch = batches.next();
                        PointerScope scope = new PointerScope()) {
                    drawAnew(epoch, step);
                    Stepper.Outcome outcome = step(stepper, batch, factor, epoch, step);
                    progress = progress.after(
                            outcome,
                            batch.wholeLabels().length,
                            factor,
                            System.nanoTime() - start,
                            waited + batches.waitNanos());
                    listener.onStep(epoch, step, steps, outcome.loss());
                }
                if (checkpointSteps > 0 && step < steps && ((epoch - 1L) * steps + step) % checkpointSteps == 0) {
                    keep(stepper);
                }
            }
        }
    }

    /** On the learning rates, in a step from 1. */
    private double factor(Stepper stepper, int epoch, int step) {
        int steps = photos.train().batches();
        return Math.pow(OnDivergence.FACTOR, progress.lowered())
                * config.factor(epoch - 1 + (step - 0.5) / steps)
                * stepper.method().rateFactor((epoch - 1) * steps + step - 1);
    }

    private double meanFactor(Stepper stepper, int epoch) {
        int steps = photos.train().batches();
        double sum = 0;
        for (int step = 1; step <= steps; step++) {
            sum += factor(stepper, epoch, step);
        }
        return sum / steps;
    }

    /** Offers a checkpoint. A thread that was interrupted could not write one. */
    private void keep(Stepper stepper) {
        boolean interrupted = Thread.interrupted();
        try {
            listener.onCheckpoint(new Checkpoint(progress, watch.seen(), stepper));
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** What the other workers drop is not what worker 0 drops, and the same again when the training is resumed. */
    private void drawAnew(int epoch, int step) {
        if (!team.exchange().leads()) {
            Engine.seed(Seeds.of(config.seed(), "worker", team.exchange().worker(), epoch, step));
        }
    }

    private Stepper.Outcome step(Stepper stepper, Batch batch, double factor, int epoch, int step) {
        Tensor images = batch.size() == 0 ? null : Inference.images(batch.nhwc(), batch.size(), photos.size());
        Tensor labels = Engine.onDevice(Tensors.of(batch.labels()));
        String wrong;
        try {
            double share = (double) batch.size() / batch.wholeLabels().length;
            Stepper.Outcome outcome = stepper.step(images, labels, factor, share, weight(batch));
            if (!watch.explodes(outcome.loss())) {
                return outcome;
            }
            wrong = String.format(Locale.ROOT, "the loss grew to %.4g, more than %.4g", outcome.loss(), watch.limit());
        } catch (ArithmeticException e) {
            wrong = e.getMessage();
        }
        throw new DivergedException(Message.of(
                "Training went wrong in epoch %d, step %d: %s; first numbers that are not finite: %s",
                epoch, step, wrong, images == null ? "not among this worker's" : stepper.fault(images, labels)));
    }

    /** An epoch's last step is seen here, before anything of it is saved. */
    private void requireHealthy(int epoch, Stepper stepper, Scores val) {
        String words = "Training went wrong in epoch " + epoch + ", step "
                + photos.train().batches() + ": ";
        stepper.brokenWeights().ifPresent(where -> {
            throw new DivergedException(Message.of("%sthe update made numbers that are not finite: %s", words, where));
        });
        if (val != null && watch.endsBroken(val.logLoss())) {
            throw new DivergedException(
                    Message.of("%safter it the loss on the validation photos is %.4g", words, val.logLoss()));
        }
    }

    private void goBack(Stepper stepper, DivergedException e) {
        if (config.onDivergence() == OnDivergence.STOP) {
            throw e;
        }
        if (progress.lowered() == OnDivergence.MOST) {
            throw new DivergedException(
                    Message.of(
                            "%s; the learning rate had been halved %d times before", e.sentence(), progress.lowered()),
                    e);
        }
        int lowered = progress.lowered() + 1;
        listener.onNote(Message.of(
                "%s. The epoch begins again at half the learning rate, at most %.3g (%d of at most %d times).",
                e.sentence(),
                config.optimization().rate() * Math.pow(OnDivergence.FACTOR, lowered),
                lowered,
                OnDivergence.MOST));
        stepper.goBack();
        watch.goBack();
        progress = progress.again().lower();
        keep(stepper);
    }

    private Scores validate(Stepper stepper) {
        if (photos.val() == null) {
            return null;
        }
        setTraining(stepper, false);
        return stepper.asSaved(
                () -> Scores.of(Inference.predict(network, photos.val(), photos.size(), () -> true), photos.classes()));
    }

    private void setTraining(Stepper stepper, boolean on) {
        stepper.train(on);
        if (config.norm() == NormPolicy.TRAINED) {
            BatchNormLayer.Mode mode = on ? BatchNormLayer.Mode.TRACK : BatchNormLayer.Mode.FROZEN;
            network.batchNorms().values().forEach(norm -> norm.setMode(mode));
        }
    }

    /** The share of the batch's mean loss that this worker's photos have: of the photos, or of their classes' weights. */
    private double weight(Batch batch) {
        if (batch.size() == batch.wholeLabels().length) {
            return 1;
        }
        if (classWeights == null) {
            return (double) batch.size() / batch.wholeLabels().length;
        }
        return sum(classWeights, batch.labels()) / sum(classWeights, batch.wholeLabels());
    }

    private static double sum(float[] weights, long[] labels) {
        double sum = 0;
        for (long label : labels) {
            sum += weights[(int) label];
        }
        return sum;
    }

    /** As the loss takes them, to be freed; null when not asked for. */
    private Tensor classWeights() {
        return classWeights == null
                ? null
                : Tensors.keep(Engine.onDevice(Tensors.of(classWeights, classWeights.length)));
    }

    /** (classes), inverse to the class's share of the training photos, mean 1. */
    private static float[] classWeights(Photos photos) {
        float[] weights = new float[photos.classes().size()];
        photos.train().photos().forEach(photo -> weights[photo.label()]++);
        double sum = 0;
        for (int c = 0; c < weights.length; c++) {
            weights[c] = 1 / Math.max(1, weights[c]);
            sum += weights[c];
        }
        for (int c = 0; c < weights.length; c++) {
            weights[c] *= (float) (weights.length / sum);
        }
        return weights;
    }
}
