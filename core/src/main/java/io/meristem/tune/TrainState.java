package io.meristem.tune;

import io.meristem.adapter.ComputePlan;
import java.util.Map;
import java.util.Objects;

/**
 * What a resumed training needs beside tensors.
 *
 * @param plan how each layer is computed, as was chosen at the start: other ways round otherwise, so they are not chosen again
 */
public record TrainState(
        TrainProgress progress, Losses losses, MethodMemory method, Map<String, ComputePlan.LayerPlan> plan) {

    public TrainState {
        Objects.requireNonNull(progress, "it lacks progress");
        Objects.requireNonNull(losses, "it lacks losses");
        Objects.requireNonNull(method, "it lacks method");
        Objects.requireNonNull(plan, "it lacks plan");
    }

    /**
     * What tells an exploded loss from a usual one.
     *
     * @param usual null before the first step
     * @param streak steps that the loss has been too large, one after the other
     */
    public record Losses(Double usual, boolean firstEpochOver, int streak) {}
}
