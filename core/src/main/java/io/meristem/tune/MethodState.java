package io.meristem.tune;

import io.meristem.adapter.AdapterSet;
import io.meristem.adapter.Inherited;
import io.meristem.adapter.LowRankChange.Factors;
import io.meristem.adapter.Slice;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/** A method at work on one network. Closing it takes its adapters off. */
interface MethodState extends AutoCloseable {

    /**
     * How an epoch ended.
     *
     * @param change mean relative change of the adapters' updates in this epoch; NaN where the method does not measure it
     * @param threshold below which ranks would have been allocated anew; NaN before calibration
     * @param replaced whether {@link #parameters} are other tensors now
     * @param inherited what each of them is made of then; null where they start anew, and the optimiser and averages with them
     */
    record EpochEnd(double change, double threshold, boolean replaced, List<Inherited> inherited) {
        static final EpochEnd PLAIN = kept(Double.NaN, Double.NaN);

        /** With the parameters that there were. */
        static EpochEnd kept(double change, double threshold) {
            return new EpochEnd(change, threshold, false, null);
        }
    }

    /** What the optimiser trains for the method. */
    List<Tensor> parameters();

    /** How many trainable numbers count as the method's size now; where some of {@link #parameters} are masked, those that are not. */
    long numbers();

    /** How many trainable numbers there is memory for. */
    default long allocated() {
        return numbers();
    }

    /** Whether the size is the final one. The best state is one of those from then on. */
    default boolean settled() {
        return true;
    }

    /** The adapters on the network now, or null. */
    default AdapterSet adapters() {
        return null;
    }

    /** The whole low-rank update from the pretrained weights to now, scaling included, by layer name; empty where the update is not low-rank. */
    default Map<String, Factors> update() {
        return Map.of();
    }

    /** Called before the forward pass of each step. */
    default void beforeStep() {}

    /** Called in each step when the gradients of all adapters are there, before they are clipped and the optimiser moves. */
    default void afterBackward() {}

    /**
     * Called when the optimiser has moved, with the step's gradients still there.
     *
     * @return where {@link #parameters} are other tensors now, what each of them is of those before
     */
    default Optional<List<Slice>> afterStep() {
        return Optional.empty();
    }

    /**
     * Called after each step with the averages of {@link #parameters} when they have taken in the step: does to them what the step has done to the parameters beside
     * the optimiser's move, such as setting some to zero.
     */
    default void averaged(List<Tensor> averages) {}

    /** Called when all {@link #parameters} have been given other values: what is computed from them is computed anew. */
    default void revalued() {}

    /** Called when {@link #parameters} have been put back to what they were some steps before: whatever was gathered from those steps is dropped. */
    default void goneBack() {}

    /**
     * A factor on all learning rates beside that of the schedule.
     *
     * @param steps done since the beginning of the training
     */
    default double rateFactor(int steps) {
        return 1;
    }

    /**
     * Called after each epoch, with the network in evaluation mode.
     *
     * @param rate mean factor on the learning rates in it
     */
    default EpochEnd endEpoch(int epoch, double rate) {
        return EpochEnd.PLAIN;
    }

    /** What it remembers beside tensors; {@link Method#resume} starts from it and from what {@link #save} puts away. */
    default MethodMemory memory() {
        return MethodMemory.NOTHING;
    }

    /** Puts the tensors that a resumed training needs, but for the network's, among {@code tensors}; the current scope owns what is new. */
    default void save(Map<String, Tensor> tensors) {}

    /** Whether weights of the network beside the head are others now than they were at the start. */
    default boolean changesNetwork() {
        return false;
    }

    @Override
    void close();
}
