package io.meristem.tune;

import io.meristem.adapter.Plan;
import java.util.Map;

/**
 * What a training goes on from beside tensors.
 *
 * @param plan how each layer is computed: other ways round otherwise, so they are not chosen again
 */
public record TrainState(Progress progress, MethodMemory method, Map<String, Plan.Way> plan) {}
