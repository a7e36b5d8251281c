package io.meristem.job;

import io.meristem.CancelToken;
import io.meristem.tune.EpochReport;
import io.meristem.tune.TrainListener;

/** Ends a training after the step, or the judging of an epoch, during which it was asked to stop. */
record Stopper(CancelToken token) implements TrainListener {

    @Override
    public void onStep(int epoch, int step, int steps, double loss) {
        token.check();
    }

    @Override
    public void onEpoch(EpochReport report, boolean best) {
        token.check();
    }
}
