package io.meristem.tune;

import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/**
 * A training between two steps: with the pretrained network, all that it needs to continue as if it had never stopped. Valid during the call that hands it
 * out.
 */
public final class Checkpoint {

    private final TrainProgress progress;
    private final TrainState.Losses losses;
    private final Stepper stepper;

    Checkpoint(TrainProgress progress, TrainState.Losses losses, Stepper stepper) {
        this.progress = progress;
        this.losses = losses;
        this.stepper = stepper;
    }

    public TrainProgress progress() {
        return progress;
    }

    public TrainState state() {
        return new TrainState(progress, losses, stepper.method().memory(), stepper.ways());
    }

    /** By name; new tensors belong to the caller's scope. */
    public Map<String, Tensor> tensors() {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        try (NoGradGuard guard = new NoGradGuard()) {
            stepper.save(tensors, progress.step() > 0);
            SavedTraining.saveRandom(tensors);
        }
        return tensors;
    }
}
