package io.meristem.tune;

import io.meristem.Message;
import io.meristem.adapter.AdapterSet;
import io.meristem.adapter.ComputePlan;
import io.meristem.adapter.Inherited;
import io.meristem.adapter.LowRankAdapter;
import io.meristem.adapter.PlanMemory;
import io.meristem.adapter.Planner;
import io.meristem.engine.Engine;
import io.meristem.engine.Precision;
import io.meristem.execute.Execution;
import io.meristem.execute.LabelledFeed;
import io.meristem.execute.Network;
import io.meristem.execute.NormCalibration;
import io.meristem.op.Param;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/**
 * A network in training: its method's adapters, the optimiser and the plan, ready for the next step. {@link Trainer} drives one over epochs of photos;
 * benchmarks drive one over the same batch. Not thread-safe.
 */
public final class Stepper implements AutoCloseable {

    private static final String GOOD = "good";

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
     */
    public record Setting(
            BiFunction<Integer, Integer, LabelledFeed> calibration,
            int batch,
            int steps,
            int size,
            Tensor classWeights,
            TrainListener listener,
            Map<String, ComputePlan.LayerPlan> ways) {

        /** With a plan as {@link Compute} says. */
        public Setting(
                BiFunction<Integer, Integer, LabelledFeed> calibration,
                int batch,
                int steps,
                int size,
                Tensor classWeights,
                TrainListener listener) {
            this(calibration, batch, steps, size, classWeights, listener, null);
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
    private final Setting setting;
    private final List<Tensor> head;
    private final List<Tensor> beside;
    private final MethodState method;
    private Map<String, ComputePlan.LayerPlan> ways = Map.of();
    private Optimiser optimiser;
    private WeightSnapshot good;
    private Averages averages;
    private boolean headDrawn;

    /** @param network materialised and loaded; it is trained in place and stays the caller's */
    public Stepper(Network network, TrainConfig config, Setting setting) {
        this(network, config, setting, null);
    }

    /** @param saved what to resume from, with the network as it was when that training began; null for a new training */
    Stepper(Network network, TrainConfig config, Setting setting, SavedTraining saved) {
        this.network = network;
        this.config = config;
        this.setting = setting;
        Engine.warnOnce().ifPresent(setting.listener()::onNote);
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
                    setting.listener());
            begun = saved == null
                    ? config.method().begin(context)
                    : config.method().resume(context, saved.state().method(), saved.tensors());
            method = begun;
            headDrawn = false; // from here on it trains, or its adapter does
            beside.forEach(tensor -> tensor.requires_grad_(true));
            if (saved == null) {
                config.trainNorm().note(network).ifPresent(setting.listener()::onNote);
                prepare(setting.ways());
            } else {
                makeOptimiser();
                optimiser.load(saved.tensors());
                plan(saved.state().plan());
                if (averages != null) {
                    averages.load(saved.tensors());
                }
                if (saved.tensors().has(WeightSnapshot.name(GOOD, 0))) {
                    remember();
                    good.load(GOOD, saved.tensors());
                }
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
        makeOptimiser();
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

    private Optimiser optimiser() {
        Optimization how = config.optimization();
        List<Optimiser.Group> groups = new ArrayList<>();
        if (how.lrRatio() == 1) {
            groups.add(group(Optimiser.METHOD, method.parameters(), how.rate()));
        } else {
            Collection<LowRankAdapter> all = method.adapters().adapters().values();
            List<Tensor> a = all.stream().map(LowRankAdapter::a).toList();
            List<Tensor> b = all.stream().map(LowRankAdapter::b).toList();
            groups.add(group(Optimiser.METHOD, a, how.rate()));
            groups.add(group(Optimiser.METHOD_B, b, how.rate() * how.lrRatio()));
        }
        if (!beside.isEmpty()) {
            groups.add(new Optimiser.Group("beside", beside, how.rateOfNorms(), 0));
        }
        groups.add(group(Optimiser.HEAD, head, how.headRate()));
        return new Optimiser(groups, how);
    }

    private Optimiser.Group group(String name, List<Tensor> tensors, double rate) {
        return new Optimiser.Group(name, tensors, rate, config.optimization().weightDecay());
    }

    /** From the values now. */
    private void restartAverages() {
        if (averages != null) {
            averages.close();
        }
        averages = config.ema() == 0 ? null : new Averages(config.ema(), changing());
    }

    /** Does {@code work} with the averaged values where there are averages, and goes back to those of the last step. */
    void averaged(Runnable work) {
        swapAverages();
        try {
            work.run();
        } finally {
            swapAverages();
        }
    }

    private void swapAverages() {
        if (averages != null) {
            averages.swap(changing());
            method.revalued();
        }
    }

    /** And the folding. */
    private void makeOptimiser() {
        optimiser = optimiser();
        restartAverages();
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
        swapAverages();
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
            swapAverages();
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
        optimiser.save(tensors);
        if (averages != null) {
            averages.save(tensors);
        }
        if (withGood && good != null) {
            good.save(GOOD, tensors);
        }
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
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard();
                Execution run = network.recorded(false, config.compute().checkpointing())) {
            optimiser.zeroGrad();
            method.beforeStep();
            Tensor logits = run.forward(images);
            Loss loss = loss(logits, labels);
            if (!Double.isFinite(loss.value())) {
                throw new ArithmeticException("the loss became " + loss.value());
            }
            run.backward(loss.gradient());
            method.afterBackward();
            optimiser.step(factor);
            int before = method.parameters().size();
            method.afterStep().ifPresent(slices -> {
                optimiser.goOn(Optimiser.METHOD, method.parameters(), slices);
                if (good != null) {
                    good.goOn(method.parameters(), slices, before);
                }
                if (averages != null) {
                    averages.goOn(method.parameters(), slices, before);
                }
            });
            if (averages != null) {
                averages.take(changing());
                method.averaged(averages.first(method.parameters().size()));
            }
            long right =
                    logits.argmax(new LongOptional(1), false).eq(labels).sum().item_long();
            return new Outcome(loss.value(), right);
        }
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
                optimiser.zeroGrad();
                Loss loss = loss(run.forward(images), labels);
                run.backward(loss.gradient());
                Optional<String> found = finder.gradients();
                optimiser.zeroGrad();
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
        forget();
        good = new WeightSnapshot(changing());
    }

    /** Goes back to what was remembered, with an optimiser that remembers nothing, and averages that begin anew. */
    void goBack() {
        good.putBack(changing());
        method.goneBack();
        optimiser.close();
        optimiser = optimiser();
        restartAverages();
    }

    private void forget() {
        if (good != null) {
            good.close();
            good = null;
        }
    }

    /** The method's parameters first. */
    private List<Tensor> changing() {
        List<Tensor> tensors = new ArrayList<>(method.parameters());
        tensors.addAll(beside);
        tensors.addAll(head);
        if (config.norm() == NormPolicy.TRAINED) {
            network.params().values().stream()
                    .filter(Param::isBuffer)
                    .map(Param::value)
                    .forEach(tensors::add);
        }
        return tensors;
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
            goOn(end.inherited(), before);
        } else if (end.replaced()) {
            optimiser.close();
            optimiser = null;
            prepare(ways);
        }
        return end;
    }

    /** With the method's parameters as they are now, and what optimiser and averages remember of what they are made of. */
    private void goOn(List<Inherited> inherited, int before) {
        List<Tensor> now = method.parameters();
        if (config.optimization().lrRatio() == 1) {
            optimiser.goOn(Optimiser.METHOD, now, inherited);
        } else {
            optimiser.goOn(Optimiser.METHOD, everySecond(now, 0), amongTheirLike(inherited, 0));
            optimiser.goOn(Optimiser.METHOD_B, everySecond(now, 1), amongTheirLike(inherited, 1));
        }
        if (averages != null) {
            averages.goOn(now, inherited, before);
        }
        fold();
        plan(ways);
    }

    /** A and B take turns. */
    private static <T> List<T> everySecond(List<T> all, int from) {
        List<T> some = new ArrayList<>();
        for (int i = from; i < all.size(); i += 2) {
            some.add(all.get(i));
        }
        return some;
    }

    /** The same, by place among their like. */
    private static List<Inherited> amongTheirLike(List<Inherited> all, int from) {
        return everySecond(all, from).stream()
                .map(origin -> origin.of() < 0 ? origin : origin.at(origin.of() / 2))
                .toList();
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
        forget();
        if (averages != null) {
            averages.close();
        }
        if (optimiser != null) {
            optimiser.close();
        }
        head.forEach(tensor -> tensor.requires_grad_(false));
        beside.forEach(tensor -> tensor.requires_grad_(false));
    }
}
