package io.meristem.tune;

import io.meristem.CancelledException;
import io.meristem.DivergedException;
import io.meristem.Message;
import io.meristem.adapter.ComputePlan;
import io.meristem.data.feed.Batch;
import io.meristem.data.feed.Epoch;
import io.meristem.data.feed.Loader;
import io.meristem.engine.Engine;
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
        Stepper.Setting setting = new Stepper.Setting(
                photos.calibration(),
                photos.train().options().batchSize(),
                photos.train().batches(),
                photos.size(),
                classWeights,
                listener,
                ways);
        try (Stepper stepper = new Stepper(network, config, setting, saved)) {
            if (saved == null) {
                keep(stepper);
            } else {
                progress = saved.state().progress();
                watch.load(saved.state().losses());
                saved.loadRandom();
                saved.tensors().requireAllRead();
            }
            ModelState state = new ModelState(network, stepper.method());
            while (progress.epoch() <= config.epochs()) {
                runEpoch(stepper, state);
            }
            listener.onEnd(state);
            if (config.ema() > 0) {
                stepper.averaged(() -> listener.onEndAveraged(state));
            }
            stepper.merge();
        } finally {
            Tensors.free(classWeights);
        }
    }

    private void runEpoch(Stepper stepper, ModelState state) {
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
            return;
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
                    Tensor images = Inference.images(batch.nhwc(), batch.size(), photos.size());
                    Stepper.Outcome outcome =
                            step(stepper, images, Engine.onDevice(Tensors.of(batch.labels())), factor, epoch, step);
                    progress = progress.after(
                            outcome, batch.size(), factor, System.nanoTime() - start, waited + batches.waitNanos());
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

    private Stepper.Outcome step(Stepper stepper, Tensor images, Tensor labels, double factor, int epoch, int step) {
        String wrong;
        try {
            Stepper.Outcome outcome = stepper.step(images, labels, factor);
            if (!watch.explodes(outcome.loss())) {
                return outcome;
            }
            wrong = String.format(Locale.ROOT, "the loss grew to %.4g, more than %.4g", outcome.loss(), watch.limit());
        } catch (ArithmeticException e) {
            wrong = e.getMessage();
        }
        throw new DivergedException(Message.of(
                "Training went wrong in epoch %d, step %d: %s; first numbers that are not finite: %s",
                epoch, step, wrong, stepper.fault(images, labels)));
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

    /** (classes), inverse to the class's share of the training photos, mean 1; null when not asked for. */
    private Tensor classWeights() {
        if (!config.optimization().classWeights()) {
            return null;
        }
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
        return Tensors.keep(Engine.onDevice(Tensors.of(weights, weights.length)));
    }
}
