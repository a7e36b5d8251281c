package io.meristem.job;

import io.meristem.artifact.RunWriter;
import io.meristem.tune.Checkpoint;
import io.meristem.tune.TrainListener;
import java.io.IOException;

/** Has checkpoints written; when that fails, says so and lets the training continue. */
record CheckpointListener(RunWriter writer, TrainListener listener) implements TrainListener {

    @Override
    public void onCheckpoint(Checkpoint checkpoint) {
        try {
            writer.write(checkpoint);
        } catch (IOException e) {
            listener.onNote(
                    "WARNING: a checkpoint could not be written (" + e
                            + "). The training continues; if it is stopped now, it will resume from the one before: make room.");
        }
    }
}
