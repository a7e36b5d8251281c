package io.meristem.tune;

import io.meristem.Message;
import io.meristem.adapter.AdapterSet;
import io.meristem.adapter.ComputePlan;
import io.meristem.adapter.PlanMemory;
import io.meristem.adapter.Planner;
import io.meristem.engine.Engine;
import io.meristem.engine.Precision;
import io.meristem.execute.Execution;
import io.meristem.execute.LabelledFeed;
import io.meristem.execute.Network;
import io.meristem.execute.NormCalibration;
import io.meristem.op.Param;
import io.meristem.workers.GradientExchange;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * A network in training: its method's adapters, the optimiser and the plan, ready for the next step. {@link Trainer} drives one over epochs of photos;
 * benchmarks drive one over the same batch. Not thread-safe.
 */
public final class Stepper implements AutoCloseable {

    /** Batches that statistics are re-estimated on. */
    private static final int NORM_BATCHES = 16;

    /**
     * What surrounds the steps.
     *
     * @param calibration gives a number of batches of a size: training photos in evaluation form with their labels, the same ones at each call
     * @param batch photos per step
     * @param steps of an epoch
     * @param size side of the input, pixels
     * @param classWeights (classes), of the loss, or null; stays the caller's
     * @param ways how layers are computed, in place of what {@link Compute} says; or null
     * @param exchange with the other workers of the training
     */
    public record StepSettings(
            BiFunction<Integer, Integer, LabelledFeed> calibration,
            int batch,
            int steps,
            int size,
            Tensor classWeights,
            TrainListener listener,
            Map<String, ComputePlan.LayerPlan> ways,
            GradientExchange exchange) {

        /** With a plan as {@link Compute} says. */
        public StepSettings(
                BiFunction<Integer, Integer, LabelledFeed> calibration,
                int batch,
                int steps,
                int size,
                Tensor classWeights,
                TrainListener listener) {
            this(calibration, batch, steps, size, classWeights, listener, null, GradientExchange.NONE);
        }
    }

    /**
     * What a step saw.
     *
     * @param loss mean over the batch, before the update
     * @param right photos whose most probable class was the true one
     */
    public record Outcome(double loss, long right) {}

    private final Network network;
    private final TrainConfig config;
    private final StepSettings setting;
    private final List<Tensor> head;
    private final List<Tensor> beside;
    private final MethodState method;
    private final GradientSum together;
    private Map<String, ComputePlan.LayerPlan> ways = Map.of();
    private TrainedParameters trained;
    private boolean headDrawn;

    /** @param network materialised and loaded; it is trained in place and stays the caller's */
    public Stepper(Network network, TrainConfig config, StepSettings setting) {
        this(network, config, setting, null);
    }

    /** @param saved what to resume from, with the network as it was when that training began; null for a new training */
    Stepper(Network network, TrainConfig config, StepSettings setting, SavedTraining saved) {
        this.network = network;
        this.config = config;
        this.setting = setting;
        Engine.warnOnce().ifPresent(setting.listener()::onNote);
        together = new GradientSum(setting.exchange(), network, config.norm() == NormPolicy.TRAINED);
        network.setPrecision(config.compute().precision());
        if (saved == null) {
            if (config.norm() == NormPolicy.RECALIBRATED) {
                recalibrate();
            }
            config.headStart().apply(network, setting.calibration()).ifPresent(setting.listener()::onNote);
            headDrawn = config.headStart() == HeadStart.RANDOM;
        } else {
            saved.loadNetwork(network);
        }
        head = headParameters();
        beside = config.trainNorm().trained(network, config.head()).values().stream()
                .map(Param::value)
                .toList();
        head.forEach(tensor -> tensor.requires_grad_(true));
        MethodState begun = null;
        try {
            MethodContext context = new MethodContext(
                    network,
                    config.head(),
                    config.epochs(),
                    Math.multiplyExact(config.epochs(), setting.steps()),
                    config.seed(),
                    besideNumbers(),
                    setting.calibration(),
                    () -> headDrawn,
                    this::afterMerge,
                    setting.listener(),
                    setting.exchange());
            begun = saved == null
                    ? config.method().begin(context)
                    : config.method().resume(context, saved.state().method(), saved.tensors());
            method = begun;
            trained = new TrainedParameters(network, config, method, beside, head);
            headDrawn = false; // from here on it trains, or its adapter does
            beside.forEach(tensor -> tensor.requires_grad_(true));
            if (saved == null) {
                config.trainNorm().note(network).ifPresent(setting.listener()::onNote);
                prepare(setting.ways());
            } else {
                begin();
                plan(saved.state().plan());
                trained.load(saved.tensors());
            }
        } catch (RuntimeException e) {
            if (begun != null) {
                begun.close();
            }
            release();
            throw e;
        }
    }

    /**
     * The optimiser, folding and plan for the parameters that the method has now.
     *
     * @param known the plan to go by, or null to make one
     */
    private void prepare(Map<String, ComputePlan.LayerPlan> known) {
        begin();
        if (known != null) {
            plan(known);
        } else if (!(config.method() instanceof HeadOnly)) {
            Planner planner = planner();
            ComputePlan plan = config.compute().measured() ? planner.measured(PlanMemory.open()) : planner.byKind();
            ways = plan.ways();
            plan.apply(network, method.adapters());
            setting.listener().onPlan(plan);
        } else {
            setting.listener().onPlan(new ComputePlan(List.of())); // no gradient passes any layer below the head
        }
    }

    /** Goes by a plan that has been made. It stays the training's, whatever ranks come later: what follows is the same whenever that plan is taken again. */
    private void plan(Map<String, ComputePlan.LayerPlan> known) {
        ways = known;
        if (!(config.method() instanceof HeadOnly)) {
            planner().like(known).apply(network, method.adapters());
        }
    }

    private Planner planner() {
        return new Planner(network, method.adapters(), setting.batch(), setting.size());
    }

    /** Does {@code work} with the averaged values where there are averages, and goes back to those of the last step. */
    void averaged(Runnable work) {
        trained.swapAverages();
        try {
            work.run();
        } finally {
            trained.swapAverages();
        }
    }

    /** With an optimiser that remembers nothing. */
    private void begin() {
        trained.begin();
        fold();
    }

    private void fold() {
        if (config.norm() != NormPolicy.TRAINED && !(config.method() instanceof FullTuning)) {
            network.fold();
        }
    }

    /**
     * Asks the network as it will be saved, and asked by whoever uses it: with the averaged values where there are averages, in float32, every update added
     * to its weight, normalisation folded. So what is judged during training, and by which the best epoch is chosen, is what the result says of that epoch.
     * Afterwards the network is as it was.
     *
     * @param work with the network in evaluation mode; it must not change it
     */
    <T> T asSaved(Supplier<T> work) {
        AdapterSet adapters = method.adapters();
        trained.swapAverages();
        network.unfold();
        network.setPrecision(Precision.FP32);
        network.foldFixed();
        if (adapters != null) {
            adapters.asSaved(true);
        }
        try {
            return work.get();
        } finally {
            if (adapters != null) {
                adapters.asSaved(false);
            }
            network.unfold();
            trained.swapAverages();
            network.setPrecision(config.compute().precision());
            fold();
        }
    }

    /** How each layer is computed, as was chosen at the start. */
    Map<String, ComputePlan.LayerPlan> ways() {
        return ways;
    }

    /**
     * Puts all tensors that a resumed training needs among {@code tensors}; the current scope owns what is new.
     *
     * @param withGood also what can be gone back to, where something is remembered
     */
    void save(Map<String, Tensor> tensors, boolean withGood) {
        SavedTraining.saveNetwork(network, method.changesNetwork(), tensors);
        method.save(tensors);
        trained.save(tensors, withGood);
    }

    /**
     * Forward, loss, gradients, update.
     *
     * @param images (N, 3, H, W), normalised
     * @param labels (N), int64
     * @param factor on the learning rates
     * @throws ArithmeticException when the loss, or the norm of the gradients where they are clipped, is not finite; nothing is updated then
     */
    public Outcome step(Tensor images, Tensor labels, double factor) {
        return step(images, labels, factor, 1, 1);
    }

    /**
     * As one of several workers, which all do so at the same time.
     *
     * @param images this worker's share of the batch, which may be empty
     * @param photos its share of the batch's photos, in [0, 1]
     * @param weight its share of the batch's loss: of the photos, or of their classes' weights
     * @return of the whole batch
     */
    Outcome step(Tensor images, Tensor labels, double factor, double photos, double weight) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard();
                Execution run = network.recorded(false, config.compute().checkpointing())) {
            trained.zeroGrad();
            method.beforeStep();
            Outcome here = photos == 0 ? new Outcome(0, 0) : gradients(run, images, labels, weight);
            Outcome outcome = together.sum(here, photos, training());
            if (!Double.isFinite(outcome.loss())) {
                throw new ArithmeticException("the loss became " + outcome.loss());
            }
            method.afterBackward();
            trained.step(factor);
            return outcome;
        }
    }

    /** Of these photos; none where the loss is not finite. */
    private Outcome gradients(Execution run, Tensor images, Tensor labels, double weight) {
        Tensor logits = run.forward(images);
        Loss loss = loss(logits, labels);
        if (Double.isFinite(loss.value())) {
            run.backward(weight == 1 ? loss.gradient() : loss.gradient().mul(new Scalar(weight)));
        }
        long right = logits.argmax(new LongOptional(1), false).eq(labels).sum().item_long();
        return new Outcome(weight * loss.value(), right);
    }

    /** Everything that steps change, the method's parameters first. */
    List<Tensor> changing() {
        return trained.changing();
    }

    /** All that the backward pass leaves gradients at. */
    private List<Tensor> training() {
        List<Tensor> tensors = new ArrayList<>(
                method.adapters() == null
                        ? method.parameters()
                        : method.adapters().parameters());
        tensors.addAll(beside);
        tensors.addAll(head);
        return tensors;
    }

    private Loss loss(Tensor logits, Tensor labels) {
        return Loss.of(
                logits, labels, setting.classWeights(), config.optimization().labelSmoothing());
    }

    /**
     * Where numbers first stop being finite in a step with this batch, in words; found by doing it again, without an update.
     *
     * @param images (N, 3, H, W), normalised
     * @param labels (N), int64
     */
    Message fault(Tensor images, Tensor labels) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard();
                Execution run = network.recorded(false, config.compute().checkpointing())) {
            FaultFinder finder = new FaultFinder(network, method.adapters());
            return finder.activations(images).orElseGet(() -> {
                trained.zeroGrad();
                Loss loss = loss(run.forward(images), labels);
                run.backward(loss.gradient());
                Optional<String> found = finder.gradients();
                trained.zeroGrad();
                return Message.plain(found.orElse("none, all activations and gradients are finite"));
            });
        }
    }

    /** Where something that trains is not finite, in words. */
    Optional<String> brokenWeights() {
        return new FaultFinder(network, method.adapters()).weights();
    }

    /** Remembers everything that steps change, in place of what was remembered before. */
    void remember() {
        trained.remember();
    }

    /** Goes back to what was remembered, with an optimiser that remembers nothing, and averages that begin anew. */
    void goBack() {
        trained.goBack();
    }

    /**
     * Tells the method that an epoch is over, with the network in evaluation mode; it may merge its adapters and start new ones, or change their ranks.
     *
     * @param rate mean factor on the learning rates in it
     */
    MethodState.EpochEnd endEpoch(int epoch, double rate) {
        int before = method.parameters().size();
        MethodState.EpochEnd end = method.endEpoch(epoch, rate);
        if (end.inherited() != null) {
            trained.goOn(end.inherited(), before);
            fold();
            plan(ways);
        } else if (end.replaced()) {
            prepare(ways);
        }
        return end;
    }

    /** Switches dropout and its kin. */
    public void train(boolean on) {
        network.train(on);
        if (method.adapters() != null) {
            method.adapters().train(on);
        }
    }

    MethodState method() {
        return method;
    }

    /** Trainable numbers of the method, its size, with what trains beside its factors. */
    public long numbers() {
        return method.numbers() + besideNumbers();
    }

    private long besideNumbers() {
        return beside.stream().mapToLong(Tensor::numel).sum();
    }

    /** Trainable numbers of the method that there is memory for, masked ones included. */
    public long allocated() {
        return method.allocated() + besideNumbers();
    }

    /** Trainable numbers of a head that trains in full; 0 where it does not. */
    public long headNumbers() {
        return head.stream().mapToLong(Tensor::numel).sum();
    }

    /** Weights have changed, and layers are about to be measured as they are defined. */
    private void afterMerge() {
        network.unfold();
        if (config.norm() == NormPolicy.RECALIBRATED) {
            recalibrate();
        }
    }

    private void recalibrate() {
        setting.listener().onNote("Re-estimating batch normalisation on the training photos.");
        NormCalibration.recalibrate(network, setting.calibration().apply(NORM_BATCHES, setting.batch()));
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

    /** Merges every update into the network; only {@link #close} may follow. */
    void merge() {
        network.unfold();
        if (method.adapters() != null) {
            method.adapters().merge();
        }
    }

    /** Takes the adapters off and frees the optimiser; the network stays, unfolded. */
    @Override
    public void close() {
        method.close();
        release();
    }

    private void release() {
        network.unfold();
        if (trained != null) {
            trained.close();
        }
        head.forEach(tensor -> tensor.requires_grad_(false));
        beside.forEach(tensor -> tensor.requires_grad_(false));
    }
}
