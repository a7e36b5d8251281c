package io.meristem.adapter;

import io.meristem.nn.Conv2d;
import io.meristem.nn.ConvKernels;
import io.meristem.nn.Network;
import io.meristem.nn.WeightedLayer;
import java.util.List;

/** How each layer of a network that takes part in training is computed. {@link Planner} makes it. */
public record Plan(List<Row> rows) {

    /**
     * One way to compute a layer.
     *
     * @param form of the adapter; null on a layer without one
     * @param kernels of a convolution; null on a linear layer
     */
    public record Way(AdapterForm form, ConvKernels kernels) {}

    /**
     * A layer and its way.
     *
     * @param shape of one input, without the batch, such as {@code 24x56x56}
     * @param rank of its adapter; 0 without one
     * @param milliseconds forward and backward of one batch, scaled from the smaller batch that was timed; NaN where nothing was
     */
    public record Row(String layer, String kind, String shape, int rank, Way way, double milliseconds) {}

    public Plan {
        rows = List.copyOf(rows);
    }

    /** Sets every layer of {@code network}, and of {@code adapters} where there are some, to its way. */
    public void apply(Network network, AdapterSet adapters) {
        for (Row row : rows) {
            WeightedLayer layer = network.weightedLayers().get(row.layer());
            if (layer instanceof Conv2d conv) {
                conv.setKernels(row.way().kernels());
            }
            LowRankAdapter adapter =
                    adapters == null ? null : adapters.adapters().get(row.layer());
            if (adapter != null) {
                adapter.use(row.way().form());
            }
        }
    }
}
