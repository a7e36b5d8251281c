package io.meristem.tune;

import io.meristem.Message;
import io.meristem.adapter.ComputePlan;
import io.meristem.adapter.LayerRank;
import io.meristem.rank.Allocation;
import java.util.List;

/** Told what happens during training, on the training thread. All methods default to nothing. */
public interface TrainListener {

    TrainListener NONE = new TrainListener() {};

    /** A note for the reader of the log, such as that statistics are being recalibrated. */
    default void onNote(String sentence) {}

    /** A note that names settings, which a listener may call by its own names; by default in the library's words. */
    default void onNote(Message note) {
        onNote(note.text());
    }

    /** Ranks have been allocated; they are trained from {@code firstEpoch} on. */
    default void onAllocation(int firstEpoch, Allocation allocation) {}

    /**
     * Ranks have been set by a method that does not measure layers.
     *
     * @param epoch the first one that ends with these ranks
     * @param layers every one that may have an adapter
     */
    default void onRanks(int epoch, List<LayerRank> layers) {}

    /** How layers are computed from here on has been decided. */
    default void onPlan(ComputePlan plan) {}

    /**
     * A step is done.
     *
     * @param step from 1
     * @param steps of the epoch
     * @param loss of this batch
     */
    default void onStep(int epoch, int step, int steps, double loss) {}

    /**
     * The state after this epoch's steps is the best so far on the validation photos (or the newest, without any). Called before an update may merge
     * it and start new adapters.
     */
    default void onBest(int epoch, ModelState state) {}

    /**
     * The training could be resumed from here: at its beginning, after each epoch, within one where that was asked for, and where it was cancelled. Called after
     * what else there is to tell.
     */
    default void onCheckpoint(Checkpoint checkpoint) {}

    /** An epoch is done and judged, and ranks may have been allocated anew after it. */
    default void onEpoch(EpochReport report, boolean best) {}

    /** All epochs are done; the adapters are still on. */
    default void onEnd(ModelState state) {}

    /** After {@link #onEnd}, where weights are averaged: the averages at that moment. */
    default void onEndAveraged(ModelState state) {}
}
