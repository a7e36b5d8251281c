package io.meristem.artifact;

import io.meristem.rank.SizeHistory;
import io.meristem.tune.TrainState;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What stands in a checkpoint's {@code state.json}.
 *
 * @param format of the whole checkpoint, {@link #FORMAT}
 * @param checkpointSteps that the training was started with
 */
public record CheckpointState(int format, int checkpointSteps, TrainState train, Course run) {

    static final int FORMAT = 2;

    public CheckpointState {
        Objects.requireNonNull(train, "it lacks train");
        Objects.requireNonNull(run, "it lacks run");
        if (train.progress().epoch() > 1 && run.sizes().isEmpty()) {
            throw new IllegalArgumentException("it lacks the sizes of the epochs before");
        }
    }

    /**
     * What the run folder's writer needs when a run is resumed.
     *
     * @param sizes adapter sizes so far, MiB
     * @param seconds of each epoch
     * @param bestEpoch 0 before there is one
     * @param lines the text so far of each file that grows, by name
     */
    public record Course(
            List<SizeHistory.Span> sizes,
            List<Double> seconds,
            int bestEpoch,
            long headNumbers,
            Map<String, String> lines) {

        public Course {
            // Copies are refused where something in them is null.
            sizes = List.copyOf(sizes);
            seconds = List.copyOf(seconds);
            lines = Map.copyOf(lines);
            if (!sizes.isEmpty()) {
                SizeHistory.average(sizes, 1); // refuses what is no history
            }
        }
    }
}
