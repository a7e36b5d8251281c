package io.meristem.bench;

import io.meristem.adapter.AdapterOptions;
import io.meristem.adapter.ComputePlan;
import io.meristem.adapter.PlanMemory;
import io.meristem.adapter.Planner;
import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import io.meristem.execute.Execution;
import io.meristem.execute.LabelledFeed;
import io.meristem.execute.Network;
import io.meristem.job.Memory;
import io.meristem.tune.AdaLora;
import io.meristem.tune.Compute;
import io.meristem.tune.Dra;
import io.meristem.tune.DyLora;
import io.meristem.tune.FullTuning;
import io.meristem.tune.HeadPolicy;
import io.meristem.tune.Lora;
import io.meristem.tune.Method;
import io.meristem.tune.Optimization;
import io.meristem.tune.Stepper;
import io.meristem.tune.TrainConfig;
import io.meristem.tune.TrainListener;
import io.meristem.zoo.ModelSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Times whole training steps of the methods against the floor, in one process, in turn: so that what else the machine does falls on all alike.
 *
 * <p>The floor is the forward pass and the gradient of the input of the frozen network, without any adapter, loss or optimiser: normalisation folded, the
 * same precision, the same kernels. Images are noise; times do not depend on them. A step of a method is all of it: forward, loss, gradients,
 * optimiser.
 */
public final class StepBench {

    private static final int CLASSES = 5;

    /** Runs of each that are not counted. */
    private static final int WARM = 2;

    /** Steps of an epoch, for methods whose course depends on it: so many that none ends while it is timed. */
    private static final int EPOCH_STEPS = 1000;

    private static final double NANOS = 1e6;

    /** @param methods names among {@code lora}, {@code same} (LoRA at DRA's size), {@code dra}, {@code adalora}, {@code
     *     dylora} and {@code full}; the floor is always timed */
    public record Settings(
            ModelSpec spec,
            int batch,
            int size,
            int rank,
            int rounds,
            int threads,
            Compute compute,
            List<String> methods) {}

    private final Settings settings;
    private final Map<String, Object> report = new LinkedHashMap<>();

    private StepBench(Settings settings) {
        this.settings = settings;
    }

    /** @return figures by name, in milliseconds, MiB and ratios of medians */
    public static Map<String, Object> run(Settings settings) {
        Engine.start(settings.threads(), settings.compute().device());
        StepBench bench = new StepBench(settings);
        try (PointerScope scope = new PointerScope()) {
            bench.measure();
        }
        return bench.report;
    }

    /** Something that is timed. */
    private interface Contestant extends AutoCloseable {
        void step();

        @Override
        void close();
    }

    private void measure() {
        describe();
        Tensor images = Engine.onDevice(
                Tensors.channelsLast(torch.randn(settings.batch(), 3, settings.size(), settings.size())));
        Tensor labels = labels(settings.batch());
        Map<String, Contestant> contestants = new LinkedHashMap<>();
        try {
            if (settings.methods().contains("lora")) {
                contestants.put("lora", first(images, labels));
            }
            contestants.put("floor", new Floor(settings, images));
            Lora same = null;
            if (settings.methods().contains("dra")) {
                Dra dra = Dra.DEFAULT;
                long start = System.nanoTime();
                Training training = new Training(dra, images, labels);
                report.put("dra_begin_ms", (System.nanoTime() - start) / NANOS);
                report.put("dra_numbers", training.stepper.numbers());
                report.put("dra_allocation_ms", training.allocationMs);
                contestants.put("dra", training);
                same = sameSize(training.stepper.numbers());
            }
            if (same != null && settings.methods().contains("same")) {
                report.put("same_rank", same.rank());
                contestants.put("same", new Training(same, images, labels));
            }
            if (settings.methods().contains("adalora")) {
                contestants.put("adalora", new Training(adaLora(), images, labels));
            }
            if (settings.methods().contains("dylora")) {
                int rank = settings.rank();
                DyLora method = new DyLora(rank, rank, false, List.of(), AdapterOptions.DEFAULT);
                contestants.put("dylora", new Training(method, images, labels));
            }
            if (settings.methods().contains("full")) {
                contestants.put("full", new Training(new FullTuning(), images, labels));
            }
            Map<String, List<Double>> times = race(contestants);
            times.forEach((name, list) -> {
                report.put(name + "_ms", median(list));
                report.put(
                        name + "_ms_least",
                        list.stream().mapToDouble(Double::doubleValue).min().orElseThrow());
            });
            ratios(times);
        } finally {
            contestants.values().forEach(Contestant::close);
        }
    }

    /** LoRA's rank and nothing to lose, with a pruning after each step: the most that a step can cost. */
    private AdaLora adaLora() {
        int rank = settings.rank();
        return AdaLora.of(rank, rank, 0).withShares(0, 0).withInterval(1).with(AdapterOptions.DEFAULT);
    }

    private void describe() {
        Engine.Info info = Engine.info();
        report.put("model", settings.spec().name());
        report.put("batch", settings.batch());
        report.put("size", settings.size());
        report.put("rank", settings.rank());
        report.put("rounds", settings.rounds());
        report.put("threads", info.threads());
        report.put("device", settings.compute().device().name().toLowerCase(java.util.Locale.ROOT));
        report.put("precision", settings.compute().precision().name().toLowerCase(java.util.Locale.ROOT));
        report.put("checkpointing", settings.compute().checkpointing());
        report.put("libtorch", info.libtorch());
        report.put("blas", info.blas());
        report.put("java", info.java());
        report.put("missing_environment", info.missing());
    }

    /** LoRA comes first and alone, so that its memory can be told from the others'. */
    private Contestant first(Tensor images, Tensor labels) {
        Network network = new Network(settings.spec(), CLASSES).materialize(1);
        System.gc();
        double loaded = Memory.residentMib();
        long start = System.nanoTime();
        Training training = new Training(network, new Lora(settings.rank(), AdapterOptions.DEFAULT), images, labels);
        report.put("lora_begin_ms", (System.nanoTime() - start) / NANOS);
        report.put("lora_numbers", training.stepper.numbers());
        Memory.resetPeak();
        for (int i = 0; i < WARM; i++) {
            training.step();
        }
        report.put("loaded_mib", loaded);
        report.put("peak_mib", Memory.peakMib());
        report.put("peak_above_loaded_mib", Memory.peakMib() - loaded);
        return training;
    }

    /** LoRA of the rank whose size is nearest to {@code numbers}. */
    private Lora sameSize(long numbers) {
        try (Network network = new Network(settings.spec(), CLASSES)) {
            long perRank = HeadPolicy.TRAINED.adapted(network).values().stream()
                    .mapToLong(layer -> layer.outFeatures() + layer.columns())
                    .sum();
            return new Lora((int) Math.max(1, Math.round((double) numbers / perRank)), AdapterOptions.DEFAULT);
        }
    }

    private Map<String, List<Double>> race(Map<String, Contestant> contestants) {
        Map<String, List<Double>> times = new LinkedHashMap<>();
        for (int round = -WARM; round < settings.rounds(); round++) {
            for (Map.Entry<String, Contestant> contestant : contestants.entrySet()) {
                Engine.synchronize();
                long start = System.nanoTime();
                contestant.getValue().step();
                Engine.synchronize();
                double time = (System.nanoTime() - start) / NANOS;
                if (round >= 0) {
                    times.computeIfAbsent(contestant.getKey(), key -> new ArrayList<>())
                            .add(time);
                }
            }
        }
        return times;
    }

    private void ratios(Map<String, List<Double>> times) {
        for (String name : new String[] {"lora", "dra", "adalora", "dylora", "full"}) {
            if (times.containsKey(name)) {
                report.put(name + "_over_floor", median(times.get(name)) / median(times.get("floor")));
            }
        }
        if (times.containsKey("same")) {
            report.put("dra_over_same_size_lora", median(times.get("dra")) / median(times.get("same")));
        }
    }

    private static double median(List<Double> values) {
        double[] sorted =
                values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /** A method at work on a network of its own. */
    private final class Training implements Contestant {

        private final Network network;
        private final Stepper stepper;
        private final Tensor images;
        private final Tensor labels;
        private double allocationMs;

        Training(Method method, Tensor images, Tensor labels) {
            this(new Network(settings.spec(), CLASSES).materialize(1), method, images, labels);
        }

        Training(Network network, Method method, Tensor images, Tensor labels) {
            this.network = network;
            this.images = images;
            this.labels = labels;
            TrainConfig config = TrainConfig.builder(method, 10, settings.batch(), 1, Optimization.plain(1e-3))
                    .compute(settings.compute())
                    .build();
            long start = System.nanoTime();
            TrainListener listener = new TrainListener() {
                @Override
                public void onAllocation(int firstEpoch, io.meristem.rank.Allocation allocation) {
                    allocationMs = (System.nanoTime() - start) / NANOS;
                }
            };
            stepper = new Stepper(
                    network,
                    config,
                    new Stepper.StepSettings(
                            StepBench.this::noise, settings.batch(), EPOCH_STEPS, settings.size(), null, listener));
            stepper.train(true);
        }

        @Override
        public void step() {
            stepper.step(images, labels, 1);
        }

        @Override
        public void close() {
            stepper.close();
            network.close();
        }
    }

    private static Tensor labels(int n) {
        return Engine.onDevice(torch.randint(CLASSES, new long[] {n})).to(torch.ScalarType.Long);
    }

    private LabelledFeed noise(int batches, int size) {
        return consumer -> {
            for (int b = 0; b < batches; b++) {
                try (PointerScope scope = new PointerScope()) {
                    consumer.accept(
                            Engine.onDevice(
                                    Tensors.channelsLast(torch.randn(size, 3, settings.size(), settings.size()))),
                            labels(size));
                }
            }
        };
    }

    /** Forward and input gradient of the frozen network. */
    private static final class Floor implements Contestant {

        private final Network network;
        private final Tensor images;
        private final Tensor gradient;

        Floor(Settings settings, Tensor images) {
            this.images = images;
            network = new Network(settings.spec(), CLASSES).materialize(1);
            network.setPrecision(settings.compute().precision());
            network.fold();
            Planner planner = new Planner(network, null, settings.batch(), settings.size());
            ComputePlan plan = settings.compute().measured() ? planner.measured(PlanMemory.open()) : planner.byKind();
            plan.apply(network, null);
            network.train(true);
            gradient = Engine.onDevice(torch.randn(settings.batch(), CLASSES));
        }

        @Override
        public void step() {
            try (PointerScope scope = new PointerScope();
                    NoGradGuard guard = new NoGradGuard();
                    Execution run = network.recorded(true, false)) {
                run.forward(images);
                run.backward(gradient);
            }
        }

        @Override
        public void close() {
            network.close();
        }
    }
}
