package io.meristem.adapter;

import io.meristem.InputException;
import io.meristem.adapter.ComputePlan.LayerPlan;
import io.meristem.adapter.ComputePlan.Row;
import io.meristem.engine.Engine;
import io.meristem.engine.Precision;
import io.meristem.engine.Tensors;
import io.meristem.execute.Execution;
import io.meristem.execute.Network;
import io.meristem.op.Conv2d;
import io.meristem.op.ConvKernels;
import io.meristem.op.ConvKernels.Input;
import io.meristem.op.ConvKernels.Weight;
import io.meristem.op.WeightedLayer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Picks the way to compute each layer: by what kind it is, or by timing the ways that fit on random numbers of the real shape. Of those that are timed the quickest is
 * taken, or one that is as quick and takes less memory.
 *
 * <p>Timed results are remembered by machine and shape, so that a training on a machine that has seen the shapes starts at once, and a second run of one
 * seed computes what the first did.
 */
public final class Planner {

    /** Timed runs after one that warms up; the quickest counts. */
    private static final int RUNS = 2;

    /** Runs before a kernel in Java is timed, so that it has been compiled. */
    private static final int JAVA_RUNS = 8;

    /** Values of input and output together that are timed at most: more photos would take longer and say the same. */
    private static final long ENOUGH = 6_000_000;

    /** A form that takes so much more than the thriftiest is not even timed: its time is not worth it, and timing takes what the form does. */
    private static final long LAVISH = 32L << 20;

    /** What is slower than the quickest by less is as quick, as far as two runs can tell. */
    private static final double LEVEL = 1.05;

    private final Network network;
    private final AdapterSet adapters;
    private final int batch;
    private final Map<String, long[]> shapes = new LinkedHashMap<>();

    /**
     * @param network in the precision and folding that it will train with
     * @param adapters on it, or null
     * @param batch photos per step
     * @param size side of the input, pixels
     */
    public Planner(Network network, AdapterSet adapters, int batch, int size) {
        this.network = network;
        this.adapters = adapters;
        this.batch = batch;
        observe(size);
    }

    /** Sends one empty picture through to see what each layer is given. */
    private void observe(int size) {
        network.weightedLayers()
                .forEach((name, layer) -> layer.setObserver((self, x, y) -> shapes.putIfAbsent(name, x.shape())));
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            network.forward(Engine.onDevice(torch.zeros(1, 3, size, size)));
        } finally {
            network.weightedLayers().values().forEach(layer -> layer.setObserver(null));
        }
    }

    /** By the kind of layer, as measured once (docs/performance.md). */
    public ComputePlan byKind() {
        return plan((name, layer) -> new Timed(usual(layer, adapter(name)), Double.NaN));
    }

    /**
     * As another plan has it; where it says nothing of an adapter, by the kind of layer.
     *
     * @throws InputException when a way is not whole, or cannot be gone here
     */
    public ComputePlan like(Map<String, LayerPlan> ways) {
        return plan((name, layer) -> {
            LayerPlan usual = usual(layer, adapter(name));
            if (!ways.containsKey(name)) {
                return new Timed(usual, Double.NaN);
            }
            LayerPlan way = ways.get(name);
            if (way == null || (layer.op() instanceof Conv2d && way.kernels() == null)) {
                throw ComputePlan.incomplete(name);
            }
            LowRankAdapter adapter = adapter(name);
            boolean own = adapter != null && way.form() != null && adapter.dropout() == 0;
            return new Timed(
                    new LayerPlan(own ? way.form() : usual.form(), layer.op() instanceof Conv2d ? way.kernels() : null),
                    Double.NaN);
        });
    }

    /** By timing what {@code memory} does not know yet. */
    public ComputePlan measured(PlanMemory memory) {
        boolean[] timed = {false};
        plan((name, layer) -> {
            String key = key(name, layer);
            Timed known = memory.get(key);
            if (known == null || !fits(known.way(), layer, adapter(name))) {
                known = undisturbed(() -> measure(name, layer));
                memory.put(key, known);
                timed[0] = true;
            }
            return known;
        });
        if (timed[0]) {
            Engine.giveBackMemory();
        }
        memory.save();
        // Saving may have found that another process was first.
        return plan((name, layer) -> memory.get(key(name, layer)));
    }

    private static boolean fits(LayerPlan way, WeightedLayer layer, LowRankAdapter adapter) {
        boolean kernels = layer.op() instanceof Conv2d conv
                ? way.kernels() != null && way.kernels().fits(conv, layer.precision())
                : way.kernels() == null;
        return kernels
                && (adapter == null
                        ? way.form() == null
                        : candidates(layer, adapter).contains(way.form()));
    }

    private interface Choice {
        Timed of(String name, WeightedLayer layer);
    }

    private ComputePlan plan(Choice choice) {
        List<Row> rows = new ArrayList<>();
        network.weightedLayers().forEach((name, layer) -> {
            boolean adapted = adapter(name) != null;
            if (shapes.containsKey(name) && (adapted || layer.op() instanceof Conv2d)) {
                Timed timed = choice.of(name, layer);
                long[] shape = shapes.get(name);
                rows.add(new Row(
                        name,
                        layer.kind(),
                        describe(shape),
                        adapted ? adapter(name).rank() : 0,
                        timed.way(),
                        timed.milliseconds()));
            }
        });
        return new ComputePlan(rows);
    }

    private LowRankAdapter adapter(String name) {
        return adapters == null ? null : adapters.adapters().get(name);
    }

    private static String describe(long[] shape) {
        StringBuilder text = new StringBuilder();
        for (int i = 1; i < shape.length; i++) {
            text.append(i > 1 ? "x" : "").append(shape[i]);
        }
        return text.toString();
    }

    /** A way and what it takes; milliseconds are NaN where nothing was timed. */
    record Timed(LayerPlan way, double milliseconds) {}

    /** All that the time depends on. Ranks are taken in steps, since a few more make no other way the best. */
    private String key(String name, WeightedLayer layer) {
        LowRankAdapter adapter = adapter(name);
        String weight = Arrays.toString(layer.weight().shape());
        String conv = layer.op() instanceof Conv2d c
                ? " s" + c.stride() + " p" + c.window().padding() + " g" + c.groups()
                : "";
        int rank = adapter == null ? 0 : Math.max(4, Integer.highestOneBit(2 * adapter.rank() - 1));
        return layer.kind() + " " + weight + conv + " on " + describe(shapes.get(name)) + " n" + batch + " r" + rank
                + (adapter != null && adapter.dropout() > 0 ? " dropout " : " ") + layer.precision()
                + (layer.scaleTrains() ? " scale" : "")
                + (isFirst(name) ? " first" : "")
                + (ConvKernels.vectors() ? " vectors" : "");
    }

    /** The first layer's input is the photo, which needs no gradient. */
    private boolean isFirst(String name) {
        return name.equals(shapes.keySet().iterator().next());
    }

    private LayerPlan usual(WeightedLayer layer, LowRankAdapter adapter) {
        AdapterForm form = adapter == null ? null : AdapterForm.forLayer(layer, adapter.dropout());
        return new LayerPlan(
                form, layer.op() instanceof Conv2d conv ? ConvKernels.usual(conv, layer.precision()) : null);
    }

    private Timed measure(String name, WeightedLayer layer) {
        LowRankAdapter adapter = adapter(name);
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            long[] shape = shapes.get(name).clone();
            long one = Arrays.stream(shape).reduce(1, Math::multiplyExact);
            shape[0] = Math.max(1, Math.min(batch, ENOUGH / one));
            Tensor x = layer.precision().of(Engine.onDevice(torch.randn(shape)));
            Probe probe = new Probe(
                    layer,
                    shape.length == 4 && layer.op() instanceof Conv2d ? Tensors.channelsLast(x) : x,
                    !isFirst(name));
            ConvKernels kernels = layer.op() instanceof Conv2d conv ? probe.kernels(conv) : null;
            if (adapter == null) {
                return new Timed(new LayerPlan(null, kernels), Double.NaN);
            }
            Map<AdapterForm, Double> times = new EnumMap<>(AdapterForm.class);
            for (AdapterForm form : candidates(layer, adapter)) {
                adapter.use(form);
                times.put(form, probe.time());
            }
            AdapterForm best = choice(times, form -> form.bytes(layer));
            return new Timed(new LayerPlan(best, kernels), times.get(best) * batch / shape[0]);
        }
    }

    /** With the generator behind dropout left where it stands: whether something had to be timed must not change a training. */
    private static Timed undisturbed(Supplier<Timed> work) {
        try (PointerScope scope = new PointerScope()) {
            Tensor state = Engine.randomState();
            try {
                return work.get();
            } finally {
                Engine.setRandomState(state);
            }
        }
    }

    /** The quickest, or what is as quick and takes less. */
    static <W> W choice(Map<W, Double> times, ToLongFunction<W> bytes) {
        double least =
                times.values().stream().mapToDouble(Double::doubleValue).min().orElseThrow();
        return times.entrySet().stream()
                .filter(entry -> entry.getValue() <= LEVEL * least)
                .min(Comparator.comparingLong((Map.Entry<W, Double> entry) -> bytes.applyAsLong(entry.getKey()))
                        .thenComparingDouble(Map.Entry::getValue))
                .orElseThrow()
                .getKey();
    }

    /** The forms that are timed: those that compute the layer at all, but for lavish ones. */
    static List<AdapterForm> candidates(WeightedLayer layer, LowRankAdapter adapter) {
        List<AdapterForm> all = possible(layer, adapter);
        long least = all.stream().mapToLong(form -> form.bytes(layer)).min().orElseThrow();
        return all.stream().filter(form -> form.bytes(layer) <= least + LAVISH).toList();
    }

    private static List<AdapterForm> possible(WeightedLayer layer, LowRankAdapter adapter) {
        if (adapter.dropout() > 0) {
            return List.of(AdapterForm.TWO_BRANCH);
        }
        if (layer.kind().equals("depthwise")) {
            return List.of(AdapterForm.MERGED);
        }
        return !layer.isGrouped()
                ? List.of(AdapterForm.LOW_RANK, AdapterForm.MERGED, AdapterForm.TWO_BRANCH)
                : List.of(AdapterForm.LOW_RANK, AdapterForm.MERGED);
    }

    /** A layer with an input to time it on. */
    private record Probe(WeightedLayer layer, Tensor x, boolean through) {

        /** Forward and backward. */
        double time() {
            return quickest(1, () -> {
                try (Execution run = Execution.of(layer, through)) {
                    run.backward(run.forward(x));
                }
            });
        }

        /** The fastest of each gradient by itself; only depthwise layers have a choice. */
        ConvKernels kernels(Conv2d conv) {
            if (!conv.kind().equals("depthwise")) {
                return ConvKernels.NATIVE;
            }
            Tensor weight = layer.readyWeight();
            Tensor g = conv.apply(x, weight, null);
            Map<Input, Double> inputs = new EnumMap<>(Input.class);
            for (Input kernel : through ? Input.values() : new Input[0]) {
                if (kernel.fits(conv, layer.precision())) {
                    inputs.put(kernel, quickest(warm(kernel == Input.LANES), () -> kernel.compute(conv, g, x, weight)));
                }
            }
            Map<Weight, Double> weights = new EnumMap<>(Weight.class);
            for (Weight kernel : Weight.values()) {
                if (kernel.fits(conv, layer.precision())) {
                    weights.put(
                            kernel, quickest(warm(kernel == Weight.LANES), () -> kernel.compute(conv, g, x, weight)));
                }
            }
            // Whatever casts maps to float32 needs room for them.
            long cast = Precision.FP32.bytes() * (x.numel() + g.numel());
            Input input =
                    inputs.isEmpty() ? Input.NATIVE : choice(inputs, kernel -> kernel == Input.FLOAT32 ? cast : 0);
            Weight best = choice(weights, kernel -> kernel == Weight.FLOAT32 ? cast : 0);
            ConvKernels kernels = new ConvKernels(input, best);
            layer.setKernels(kernels);
            return kernels;
        }

        private static int warm(boolean java) {
            return java ? JAVA_RUNS : 1;
        }

        /** The least time of some runs, in milliseconds, after {@code warm} others. */
        private static double quickest(int warm, Runnable work) {
            double least = Double.POSITIVE_INFINITY;
            for (int run = -warm; run < RUNS; run++) {
                Engine.synchronize();
                long start = System.nanoTime();
                try (PointerScope scope = new PointerScope()) {
                    work.run();
                    Engine.synchronize();
                }
                double time = (System.nanoTime() - start) / 1e6;
                least = run < 0 ? least : Math.min(least, time);
            }
            return least;
        }
    }
}
