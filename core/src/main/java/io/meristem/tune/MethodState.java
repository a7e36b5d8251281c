package io.meristem.tune;

import io.meristem.adapter.AdapterSet;
import io.meristem.adapter.LowRankChange.Factors;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** A method at work on one network. Closing it takes its adapters off. */
interface MethodState extends AutoCloseable {

    /**
     * How an epoch ended.
     *
     * @param change mean relative change of the adapters' updates in this epoch; NaN where the method does not measure it
     * @param threshold below which ranks would have been allocated anew; NaN before calibration
     * @param replaced whether {@link #parameters} are other tensors now
     */
    record EpochEnd(double change, double threshold, boolean replaced) {
        static final EpochEnd PLAIN = new EpochEnd(Double.NaN, Double.NaN, false);
    }

    /** What the optimiser trains for the method. */
    List<Tensor> parameters();

    /** How many trainable numbers those are. */
    long numbers();

    /** The adapters on the network now, or null. */
    default AdapterSet adapters() {
        return null;
    }

    /** The whole low-rank update from the pretrained weights to now, scaling included, by layer name; empty where the update is not low-rank. */
    default Map<String, Factors> update() {
        return Map.of();
    }

    /** Called after each epoch, with the network in evaluation mode. */
    default EpochEnd endEpoch(int epoch) {
        return EpochEnd.PLAIN;
    }

    @Override
    void close();
}
