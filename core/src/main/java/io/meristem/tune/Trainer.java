package io.meristem.tune;

import io.meristem.InputException;
import io.meristem.adapter.Plan;
import io.meristem.adapter.PlanMemory;
import io.meristem.adapter.Planner;
import io.meristem.data.Batch;
import io.meristem.data.Epoch;
import io.meristem.data.Loader;
import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import io.meristem.eval.Scores;
import io.meristem.nn.BatchNorm2d;
import io.meristem.nn.ImageFeed;
import io.meristem.nn.Network;
import io.meristem.nn.NormCalibration;
import io.meristem.nn.Tape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/** The training loop, one for all methods. */
public final class Trainer {

    /** Batches that statistics are re-estimated on. */
    private static final int NORM_BATCHES = 16;

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
            BiFunction<Integer, Integer, ImageFeed> calibration,
            int size,
            List<String> classes) {}

    private static final double NANOS = 1e9;

    private final Network network;
    private final TrainConfig config;
    private final Photos photos;
    private final TrainListener listener;

    /** @param network materialised and loaded; it is trained in place and stays the caller's */
    public Trainer(Network network, TrainConfig config, Photos photos, TrainListener listener) {
        this.network = network;
        this.config = config;
        this.photos = photos;
        this.listener = listener;
    }

    /** Trains all epochs. Afterwards the network holds the last state, every update merged. */
    public void run() {
        Engine.seed(config.seed());
        network.setPrecision(config.compute().precision());
        if (config.norm() == NormPolicy.RECALIBRATED) {
            recalibrate();
        }
        MethodContext context = new MethodContext(
                network,
                config.head(),
                config.epochs(),
                config.seed(),
                photos.calibration(),
                this::afterMerge,
                listener);
        List<Tensor> head = headParameters();
        head.forEach(tensor -> tensor.requires_grad_(true));
        Tensor classWeights = classWeights();
        Optimiser optimiser = null;
        try (MethodState method = config.method().begin(context)) {
            optimiser = new Optimiser(method.parameters(), head, config.optimization());
            fold();
            plan(method);
            ModelState state = new ModelState(network, method);
            double best = Double.NEGATIVE_INFINITY;
            for (int epoch = 1; epoch <= config.epochs(); epoch++) {
                long numbers = method.numbers();
                Course course = trainEpoch(epoch, method, optimiser, classWeights);
                long trained = System.nanoTime();
                Scores val = validate(method);
                long validated = System.nanoTime();
                double measure = val == null ? epoch : val.accuracy();
                boolean isBest = measure > best;
                if (isBest) {
                    best = measure;
                    listener.onBest(epoch, state);
                }
                long saved = System.nanoTime();
                setTraining(method, false);
                MethodState.EpochEnd end = method.endEpoch(epoch);
                if (end.replaced()) {
                    optimiser.close();
                    optimiser = null;
                    optimiser = new Optimiser(method.parameters(), head, config.optimization());
                    fold();
                    plan(method);
                }
                EpochReport.Timing timing = new EpochReport.Timing(
                        (trained - course.start()) / NANOS,
                        course.waited() / NANOS,
                        (validated - trained) / NANOS,
                        (System.nanoTime() - saved) / NANOS);
                listener.onEpoch(
                        new EpochReport(
                                epoch,
                                config.optimization().rate() * course.factor(),
                                course.loss(),
                                course.accuracy(),
                                val,
                                numbers,
                                head.stream().mapToLong(Tensor::numel).sum(),
                                end.change(),
                                end.threshold(),
                                end.replaced(),
                                timing),
                        isBest);
            }
            listener.onEnd(state);
            network.unfold();
            if (method.adapters() != null) {
                method.adapters().merge();
            }
        } finally {
            network.unfold();
            if (optimiser != null) {
                optimiser.close();
            }
            head.forEach(tensor -> tensor.requires_grad_(false));
            Tensors.free(classWeights);
        }
    }

    /** What one epoch's steps gave: mean loss and accuracy, the last learning-rate factor, when it began and how long it waited, in nanoseconds. */
    private record Course(double loss, double accuracy, double factor, long start, long waited) {}

    private Course trainEpoch(int epoch, MethodState method, Optimiser optimiser, Tensor classWeights) {
        long start = System.nanoTime();
        setTraining(method, true);
        int steps = photos.train().batches();
        double loss = 0;
        long right = 0;
        int seen = 0;
        double factor = 0;
        try (Epoch batches = photos.train().epoch(epoch)) {
            for (int step = 1; batches.hasNext(); step++) {
                factor = config.optimization().factor(epoch - 1 + (step - 0.5) / steps, config.epochs());
                try (Batch batch = batches.next();
                        PointerScope scope = new PointerScope();
                        NoGradGuard guard = new NoGradGuard();
                        Tape tape = new Tape(false, config.compute().checkpointing())) {
                    Tensor images = Inference.images(batch.nhwc(), batch.size(), photos.size());
                    Tensor labels = Tensors.of(batch.labels());
                    optimiser.zeroGrad();
                    Tensor logits = network.forward(images, tape);
                    Loss batchLoss = Loss.of(
                            logits, labels, classWeights, config.optimization().labelSmoothing());
                    double value = batchLoss.value();
                    if (!Double.isFinite(value)) {
                        throw new InputException("The loss became " + value + " in epoch " + epoch + ", step " + step
                                + ": try a lower learning rate (--lr) or a longer warm-up (--warmup-epochs).");
                    }
                    tape.backward(batchLoss.gradient());
                    optimiser.step(factor);
                    loss += value * batch.size();
                    right += logits.argmax(new LongOptional(1), false)
                            .eq(labels)
                            .sum()
                            .item_long();
                    seen += batch.size();
                    listener.onStep(epoch, step, steps, value);
                }
            }
            return new Course(loss / seen, (double) right / seen, factor, start, batches.waitNanos());
        }
    }

    private Scores validate(MethodState method) {
        if (photos.val() == null) {
            return null;
        }
        setTraining(method, false);
        return Scores.of(Inference.predict(network, photos.val(), photos.size(), () -> true), photos.classes());
    }

    private void setTraining(MethodState method, boolean on) {
        network.train(on);
        if (method.adapters() != null) {
            method.adapters().train(on);
        }
        if (config.norm() == NormPolicy.TRAINED) {
            BatchNorm2d.Mode mode = on ? BatchNorm2d.Mode.TRACK : BatchNorm2d.Mode.FROZEN;
            network.batchNorms().values().forEach(norm -> norm.setMode(mode));
        }
    }

    /** Frozen statistics over frozen weights are part of the convolution. */
    private void fold() {
        if (config.norm() != NormPolicy.TRAINED && !(config.method() instanceof FullTuning)) {
            network.fold();
        }
    }

    /** Picks how each layer is computed; nothing does but where gradients flow. */
    private void plan(MethodState method) {
        if (config.method() instanceof HeadOnly) {
            return;
        }
        Planner planner =
                new Planner(network, method.adapters(), photos.train().options().batchSize(), photos.size());
        Plan plan = config.compute().measured() ? planner.measured(PlanMemory.open()) : planner.byKind();
        plan.apply(network, method.adapters());
        listener.onPlan(plan);
    }

    /** Weights have changed, and layers are about to be measured as they are defined. */
    private void afterMerge() {
        network.unfold();
        if (config.norm() == NormPolicy.RECALIBRATED) {
            recalibrate();
        }
    }

    private void recalibrate() {
        listener.onNote("Re-estimating batch normalisation on the training photos.");
        int size = photos.train().options().batchSize();
        NormCalibration.recalibrate(network, photos.calibration().apply(NORM_BATCHES, size));
    }

    private List<Tensor> headParameters() {
        List<Tensor> tensors = new ArrayList<>();
        if (config.head() == HeadPolicy.TRAINED) {
            tensors.add(network.head().weight().value());
            if (network.head().bias() != null) {
                tensors.add(network.head().bias().value());
            }
        }
        return tensors;
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
        return Tensors.keep(Tensors.of(weights, weights.length));
    }
}
