package io.meristem.tune;

import io.meristem.adapter.AdapterOptions;
import io.meristem.adapter.LayerSize;
import io.meristem.adapter.LoraInit;
import io.meristem.engine.Precision;
import io.meristem.execute.Conditions;
import io.meristem.execute.Forecast;
import io.meristem.execute.Goal;
import io.meristem.execute.Network;
import io.meristem.graph.Graph;
import io.meristem.graph.Node;
import io.meristem.op.BatchNorm;
import io.meristem.op.Linear;
import io.meristem.op.Param;
import io.meristem.op.Shape;
import io.meristem.op.Weighted;
import io.meristem.op.WeightedLayer;
import java.util.List;

/**
 * How much memory a training will take at its peak, in bytes, told from shapes alone. docs/performance.md says how far it was off where it was measured.
 *
 * @param process of the JVM, the engine and whatever else does not depend on the training
 * @param weights of the network, folded and in the precision that it computes in
 * @param trained numbers beside their values in the network: adapters, gradients, what the optimiser remembers
 * @param steps what forward and backward pass have in memory at once
 * @param photos prepared batches
 */
public record MemoryForecast(long process, long weights, long trained, long steps, long photos) {

    /** Measured: a training of a tiny network has so much at its peak. */
    private static final long PROCESS = 350L << 20;

    /** Times what values take in a step: pieces that the allocator holds between them, and what kernels work in. Measured. */
    private static final double HELD = 1.9;

    /** Likewise where nothing passes backwards. */
    private static final double HELD_FORWARD = 1.2;

    private static final int FLOAT = 4;

    /** That scorers keep of a photo and layer, at the most. */
    private static final int VECTORS = 4;

    /** Loader: two batches a thread are prepared ahead, and one is in use. */
    private static final int AHEAD = 2;

    /**
     * @param network a definition is enough
     * @param size side of the input, pixels
     */
    public static MemoryForecast of(Network network, TrainConfig config, int size, int threads) {
        Method method = config.method();
        boolean full = method instanceof FullTuning;
        int bytes = config.compute().precision() == Precision.FP32 ? FLOAT : FLOAT / 2;
        int rank = rank(method);
        boolean allTrains = full || config.norm() == NormPolicy.TRAINED;
        Graph defined = network.graph();
        Graph folded = defined.folded();
        Graph trained = allTrains ? defined : folded;
        Shape photo = Shape.of(3, size, size);
        Planned planned = new Planned(
                network,
                method instanceof HeadOnly,
                full,
                config.norm() == NormPolicy.TRAINED,
                config.compute().precision(),
                Math.min(rank, widest(network)));
        Goal step =
                new Goal(List.of(trained.output()), true, -1, config.compute().checkpointing());
        double held = method instanceof HeadOnly ? HELD_FORWARD : HELD;
        double steps = held * Forecast.peak(trained, planned, step, photo) * config.batchSize();
        if (method instanceof Dra dra) {
            // Measuring ranks runs forward only, on batches of its own, and looks at the input and output of each
            // layer.
            double measuring = forward(folded, planned, photo) * dra.calibrationBatchSize();
            steps = Math.max(steps, measuring + kept(network, dra));
        }
        long calibration = aligned(method);
        if (calibration > 0) {
            // Where A starts along the gradient, that is taken of all weights, block by block.
            Planned all =
                    new Planned(network, false, true, false, config.compute().precision(), 0);
            Goal blocks = new Goal(List.of(folded.output()), true, -1, true);
            double measuring = HELD * Forecast.peak(folded, all, blocks, photo) * calibration
                    + 2 * FLOAT * network.parameterCount();
            steps = Math.max(steps, measuring);
        }
        // Judging runs forward in float32, on weights with everything in them; those in the training's precision are
        // gone meanwhile.
        long weights = weights(network, method, bytes);
        Planned judged = new Planned(network, true, false, false, Precision.FP32, 0);
        double judging = forward(folded, judged, photo) * config.batchSize()
                + judgedWeights(network, !full && !(method instanceof HeadOnly))
                - weights;
        steps = Math.max(steps, judging);
        return new MemoryForecast(
                PROCESS,
                weights,
                trained(network, config, rank),
                Math.round(steps),
                (long) (AHEAD * threads + 1) * config.batchSize() * 3 * size * size * FLOAT);
    }

    public long total() {
        return process + weights + trained + steps + photos;
    }

    /** Bytes for one photo of a forward pass. */
    private static double forward(Graph graph, Conditions conditions, Shape photo) {
        return HELD_FORWARD * Forecast.peak(graph, conditions, Goal.evaluation(graph.output()), photo);
    }

    /** What a training will be like. */
    private record Planned(
            Network network, boolean headOnly, boolean full, boolean tracks, Precision precision, int linearRank)
            implements Conditions {

        @Override
        public boolean trains(Node node) {
            boolean head = node.name().equals(network.spec().headName());
            return !node.op().slots().isEmpty() && (full || (headOnly ? head : node.op() instanceof Weighted));
        }

        @Override
        public boolean tracks(Node node) {
            return tracks && node.op() instanceof BatchNorm;
        }

        @Override
        public Precision precision(Node node) {
            return node.name().equals(network.spec().headName()) ? Precision.FP32 : precision;
        }

        @Override
        public int hidden(Node node) {
            return node.op() instanceof Linear ? linearRank : 0;
        }
    }

    /** The greatest rank that a linear map, which is what saves something at its rank, can use. */
    private static int widest(Network network) {
        return network.weightedLayers().values().stream()
                .filter(layer -> layer.op() instanceof Linear)
                .mapToInt(layer -> LayerSize.of("", layer).fullRank())
                .max()
                .orElse(0);
    }

    /** What is there beside while a scorer looks: weights as they were where adapters go on, and vectors that enter each layer where they are what it looks at. */
    private static long kept(Network network, Dra dra) {
        long numbers = 0;
        for (WeightedLayer layer : network.weightedLayers().values()) {
            numbers += dra.updates().way().carries() ? layer.weight().numel() : 0;
            if (dra.scorer().keepsInputs()) {
                numbers += (long) VECTORS * dra.calibrationBatches() * dra.calibrationBatchSize() * layer.columns();
            }
        }
        return FLOAT * numbers;
    }

    /** How many photos at once a gradient is taken of that factors start along; 0 where they do not. */
    private static int aligned(Method method) {
        return method.match(new Method.Cases<Integer>() {
            @Override
            public Integer full(FullTuning full) {
                return 0;
            }

            @Override
            public Integer head(HeadOnly head) {
                return 0;
            }

            @Override
            public Integer lora(Lora lora) {
                return along(lora.adapter(), Dra.CALIBRATION_BATCH_SIZE);
            }

            @Override
            public Integer adaLora(AdaLora adaLora) {
                return 0; // its triplets start at zero
            }

            @Override
            public Integer dyLora(DyLora dyLora) {
                return along(dyLora.adapter(), Dra.CALIBRATION_BATCH_SIZE);
            }

            @Override
            public Integer dra(Dra dra) {
                return along(dra.adapter(), dra.calibrationBatchSize());
            }

            private int along(AdapterOptions options, int photos) {
                return options.initLoraWeights() == LoraInit.GRADIENT ? photos : 0;
            }
        });
    }

    /** The greatest rank that a layer may get; 0 for methods without adapters. */
    private static int rank(Method method) {
        return method.match(new Method.Cases<Integer>() {
            @Override
            public Integer full(FullTuning full) {
                return 0;
            }

            @Override
            public Integer head(HeadOnly head) {
                return 0;
            }

            @Override
            public Integer lora(Lora lora) {
                return lora.rank();
            }

            @Override
            public Integer adaLora(AdaLora adaLora) {
                return adaLora.initRank();
            }

            @Override
            public Integer dyLora(DyLora dyLora) {
                return dyLora.rankMax();
            }

            @Override
            public Integer dra(Dra dra) {
                return dra.ranks().max();
            }
        });
    }

    /** Values as loaded; where they stay, those with the normalisation taken in; and what layers compute with: copies in another precision, or with an update. */
    private static long weights(Network network, Method method, int bytes) {
        boolean full = method instanceof FullTuning;
        boolean adapted = !full && !(method instanceof HeadOnly);
        long sum = 0;
        for (Param param : network.params().values()) {
            sum += FLOAT * param.numel();
        }
        for (WeightedLayer layer : network.weightedLayers().values()) {
            boolean merged = adapted && !(layer.op() instanceof Linear); // with its update, at each step
            boolean copied = merged || bytes != FLOAT;
            boolean folds = !full && layer.norm() != null;
            sum += layer.weight().numel() * ((folds ? FLOAT : 0) + (copied ? bytes : 0));
        }
        return sum;
    }

    /** Values as loaded, those with the normalisation taken in, and one layer's with its update, a convolution's twice while that is added. */
    private static long judgedWeights(Network network, boolean adapted) {
        long numbers = network.params().values().stream()
                .mapToLong(param -> param.numel())
                .sum();
        long layer = network.weightedLayers().values().stream()
                .mapToLong(l -> (l.op() instanceof Linear ? 1 : 2) * l.weight().numel())
                .max()
                .orElse(0);
        return FLOAT * (numbers * (network.batchNorms().isEmpty() ? 1 : 2) + (adapted ? layer : 0));
    }

    private static long trained(Network network, TrainConfig config, int rank) {
        // What the optimiser remembers, and the average.
        int moments = (config.optimization().kind() == Optimization.Kind.ADAMW ? 2 : 1) + (config.ema() > 0 ? 1 : 0);
        long head = network.head().weight().numel();
        if (config.method() instanceof FullTuning) {
            return network.parameterCount() * FLOAT * (1 + moments);
        }
        long numbers = head;
        for (WeightedLayer layer : network.weightedLayers().values()) {
            LayerSize size = LayerSize.of("", layer);
            int given = config.method() instanceof Lora lora
                    ? lora.limit().of(rank, size)
                    : Math.min(rank, size.fullRank());
            numbers += (long) given * size.perRank();
        }
        // Values of these are the network's.
        long beside = config.trainNorm().numbers(network, config.head()) * (1 + moments);
        // AdaLoRA has P, Q and lambda beside A and B, and two smoothed numbers for each.
        int copies = config.method() instanceof AdaLora ? 2 + moments + 4 : 2 + moments;
        return (numbers * copies + beside) * FLOAT;
    }
}
