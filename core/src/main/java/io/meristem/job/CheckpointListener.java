package io.meristem.job;

import io.meristem.artifact.RunWriter;
import io.meristem.tune.Checkpoint;
import io.meristem.tune.TrainListener;
import java.io.IOException;

/** Has checkpoints written; where that fails, says so and lets the training go on. */
record CheckpointListener(RunWriter writer, TrainListener listener) implements TrainListener {

    @Override
    public void onCheckpoint(Checkpoint checkpoint) {
        try {
            writer.write(checkpoint);
        } catch (IOException e) {
            listener.onNote("WARNING: a checkpoint could not be written (" + e
                    + "). The training goes on; stopped now, it would go on from the one before: make room.");
        }
    }
}
