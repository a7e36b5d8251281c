package io.meristem.job;

import io.meristem.Message;
import io.meristem.adapter.ComputePlan;
import io.meristem.adapter.LayerRank;
import io.meristem.rank.Allocation;
import io.meristem.tune.Checkpoint;
import io.meristem.tune.EpochReport;
import io.meristem.tune.ModelState;
import io.meristem.tune.TrainListener;
import java.util.List;

/** Two listeners as one, the first told first. */
record ListenerPair(TrainListener first, TrainListener second) implements TrainListener {

    @Override
    public void onNote(String sentence) {
        first.onNote(sentence);
        second.onNote(sentence);
    }

    @Override
    public void onNote(Message note) {
        first.onNote(note);
        second.onNote(note);
    }

    @Override
    public void onAllocation(int firstEpoch, Allocation allocation) {
        first.onAllocation(firstEpoch, allocation);
        second.onAllocation(firstEpoch, allocation);
    }

    @Override
    public void onRanks(int epoch, List<LayerRank> layers) {
        first.onRanks(epoch, layers);
        second.onRanks(epoch, layers);
    }

    @Override
    public void onPlan(ComputePlan plan) {
        first.onPlan(plan);
        second.onPlan(plan);
    }

    @Override
    public void onStep(int epoch, int step, int steps, double loss) {
        first.onStep(epoch, step, steps, loss);
        second.onStep(epoch, step, steps, loss);
    }

    @Override
    public void onBest(int epoch, ModelState state) {
        first.onBest(epoch, state);
        second.onBest(epoch, state);
    }

    @Override
    public void onCheckpoint(Checkpoint checkpoint) {
        first.onCheckpoint(checkpoint);
        second.onCheckpoint(checkpoint);
    }

    @Override
    public void onEpoch(EpochReport report, boolean best) {
        first.onEpoch(report, best);
        second.onEpoch(report, best);
    }

    @Override
    public void onEnd(ModelState state) {
        first.onEnd(state);
        second.onEnd(state);
    }

    @Override
    public void onEndAveraged(ModelState state) {
        first.onEndAveraged(state);
        second.onEndAveraged(state);
    }
}
