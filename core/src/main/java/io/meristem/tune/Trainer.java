package io.meristem.tune;

import io.meristem.InputException;
import io.meristem.data.Batch;
import io.meristem.data.Epoch;
import io.meristem.data.Loader;
import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import io.meristem.eval.Scores;
import io.meristem.nn.BatchNorm2d;
import io.meristem.nn.LabelledFeed;
import io.meristem.nn.Network;
import java.util.List;
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
        Tensor classWeights = classWeights();
        Stepper.Setting setting = new Stepper.Setting(
                photos.calibration(),
                photos.train().options().batchSize(),
                photos.train().batches(),
                photos.size(),
                classWeights,
                listener);
        try (Stepper stepper = new Stepper(network, config, setting)) {
            ModelState state = new ModelState(network, stepper.method());
            double best = Double.NEGATIVE_INFINITY;
            boolean settled = false;
            for (int epoch = 1; epoch <= config.epochs(); epoch++) {
                Course course = trainEpoch(epoch, stepper);
                long numbers = stepper.numbers();
                long allocated = stepper.allocated();
                long trained = System.nanoTime();
                Scores val = validate(stepper);
                long validated = System.nanoTime();
                double measure = val == null ? epoch : val.accuracy();
                // A state of a size that is not final yet serves only until there is one that is.
                boolean settles = !settled && stepper.method().settled();
                settled |= settles;
                boolean isBest = settles || measure > best;
                if (isBest) {
                    best = measure;
                    listener.onBest(epoch, state);
                }
                long saved = System.nanoTime();
                setTraining(stepper, false);
                MethodState.EpochEnd end = stepper.endEpoch(epoch);
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
                                allocated,
                                stepper.headNumbers(),
                                end.change(),
                                end.threshold(),
                                end.replaced(),
                                timing),
                        isBest);
            }
            listener.onEnd(state);
            stepper.merge();
        } finally {
            Tensors.free(classWeights);
        }
    }

    /** What one epoch's steps gave: mean loss and accuracy, the last learning-rate factor, when it began and how long it waited, in nanoseconds. */
    private record Course(double loss, double accuracy, double factor, long start, long waited) {}

    private Course trainEpoch(int epoch, Stepper stepper) {
        long start = System.nanoTime();
        setTraining(stepper, true);
        int steps = photos.train().batches();
        double loss = 0;
        long right = 0;
        int seen = 0;
        double factor = 0;
        try (Epoch batches = photos.train().epoch(epoch)) {
            for (int step = 1; batches.hasNext(); step++) {
                factor = config.optimization().factor(epoch - 1 + (step - 0.5) / steps, config.epochs());
                try (Batch batch = batches.next();
                        PointerScope scope = new PointerScope()) {
                    Tensor images = Inference.images(batch.nhwc(), batch.size(), photos.size());
                    Stepper.Outcome outcome =
                            step(stepper, images, Engine.onDevice(Tensors.of(batch.labels())), factor, epoch, step);
                    loss += outcome.loss() * batch.size();
                    right += outcome.right();
                    seen += batch.size();
                    listener.onStep(epoch, step, steps, outcome.loss());
                }
            }
            return new Course(loss / seen, (double) right / seen, factor, start, batches.waitNanos());
        }
    }

    private static Stepper.Outcome step(
            Stepper stepper, Tensor images, Tensor labels, double factor, int epoch, int step) {
        try {
            return stepper.step(images, labels, factor);
        } catch (ArithmeticException e) {
            throw new InputException(
                    "In epoch " + epoch + ", step " + step + " " + e.getMessage()
                            + ": try a lower learning rate (--lr) or a longer warm-up (--warmup-epochs).",
                    e);
        }
    }

    private Scores validate(Stepper stepper) {
        if (photos.val() == null) {
            return null;
        }
        setTraining(stepper, false);
        return Scores.of(Inference.predict(network, photos.val(), photos.size(), () -> true), photos.classes());
    }

    private void setTraining(Stepper stepper, boolean on) {
        stepper.train(on);
        if (config.norm() == NormPolicy.TRAINED) {
            BatchNorm2d.Mode mode = on ? BatchNorm2d.Mode.TRACK : BatchNorm2d.Mode.FROZEN;
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
