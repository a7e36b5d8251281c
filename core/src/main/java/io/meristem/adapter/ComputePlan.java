package io.meristem.adapter;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.execute.Network;
import io.meristem.op.Conv2d;
import io.meristem.op.ConvKernels;
import io.meristem.op.WeightedLayer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How each layer of a network that takes part in training is computed. {@link Planner} makes it. */
public record ComputePlan(List<Row> rows) {

    /**
     * One way to compute a layer.
     *
     * @param form of the adapter; null on a layer without one
     * @param kernels of a convolution; null on a linear layer
     */
    public record LayerPlan(AdapterForm form, ConvKernels kernels) {}

    /**
     * A layer and its way.
     *
     * @param shape of one input, without the batch, such as {@code 24x56x56}
     * @param rank of its adapter; 0 without one
     * @param milliseconds forward and backward of one batch, scaled from the smaller batch that was timed; NaN where nothing was
     */
    public record Row(String layer, String kind, String shape, int rank, LayerPlan way, double milliseconds) {}

    public ComputePlan {
        rows = List.copyOf(rows);
    }

    /** What the plan decides, by layer. */
    public Map<String, LayerPlan> ways() {
        Map<String, LayerPlan> ways = new LinkedHashMap<>();
        rows.forEach(row -> ways.put(row.layer(), row.way()));
        return ways;
    }

    static InputException incomplete(String layer) {
        return new InputException(
                ErrorCode.DAMAGED_FILE,
                "The plan does not say how %s is computed: restore the run folder as it was, or train again.",
                layer);
    }

    /** Sets every layer of {@code network}, and of {@code adapters} where there are some, to its way. */
    public void apply(Network network, AdapterSet adapters) {
        apply(ways(), network, adapters);
    }

    /**
     * Sets every layer of {@code network} that is named, and of {@code adapters} where there are some, to its way.
     *
     * @throws InputException when this Java lacks what one of the ways needs, or one does not say what its layer needs
     */
    public static void apply(Map<String, LayerPlan> ways, Network network, AdapterSet adapters) {
        ways.forEach((name, way) -> {
            LowRankAdapter adapter =
                    adapters == null ? null : adapters.adapters().get(name);
            WeightedLayer layer = network.weightedLayers().get(name);
            boolean convolution = layer != null && layer.op() instanceof Conv2d;
            if (way == null || (convolution && way.kernels() == null) || (adapter != null && way.form() == null)) {
                throw incomplete(name);
            }
            if (convolution) {
                if (!way.kernels().fits((Conv2d) layer.op(), layer.precision())) {
                    throw new InputException(
                            ErrorCode.UNSUPPORTED,
                            "The run computes %s with %s, which this Java cannot: start it as then, with --add-modules jdk.incubator.vector.",
                            name,
                            way.kernels());
                }
                layer.setKernels(way.kernels());
            }
            if (adapter != null) {
                adapter.use(way.form());
            }
        });
    }
}
