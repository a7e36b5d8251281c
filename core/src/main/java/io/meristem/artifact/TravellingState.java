package io.meristem.artifact;

import io.meristem.tune.Checkpoint;
import io.meristem.tune.SavedTraining;
import io.meristem.tune.Team;
import io.meristem.tune.TrainState;
import io.meristem.weights.Safetensors;
import io.meristem.weights.SavedTensors;
import io.meristem.weights.TensorFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** A training's state on its way from worker 0 to the others: what a checkpoint holds, without what belongs to the run folder. */
public final class TravellingState implements Team.StateFiles {

    private static final Map<String, String> METADATA = Map.of("format", "meristem-state");

    @Override
    public List<String> names() {
        return List.of(Checkpoints.STATE, Checkpoints.TENSORS);
    }

    @Override
    public void write(Checkpoint checkpoint, Path folder) throws IOException {
        Files.writeString(folder.resolve(Checkpoints.STATE), Json.pretty(checkpoint.state()));
        Safetensors.write(folder.resolve(Checkpoints.TENSORS), checkpoint.tensors(), METADATA);
    }

    @Override
    public void read(Path folder, Consumer<SavedTraining> use) {
        TrainState state = Json.read(folder.resolve(Checkpoints.STATE), TrainState.class);
        try (TensorFile tensors = TensorFile.open(folder.resolve(Checkpoints.TENSORS))) {
            use.accept(new SavedTraining(state, new SavedTensors(tensors)));
        }
    }
}
