package io.meristem.tune;

import io.meristem.engine.ComputeDevice;
import io.meristem.engine.Precision;

/**
 * How a training is computed, as opposed to what: none of this changes the method, only time, memory and rounding.
 *
 * @param precision of activations and frozen weights
 * @param measured whether the way to compute each adapted layer is timed at the start, or follows from the kind of layer: then the same bytes come out
 *     wherever processor, threads and versions are the same
 * @param checkpointing keep only the inputs of the network's blocks and compute the rest a second time: less memory, more time
 */
public record Compute(Precision precision, ComputeDevice device, boolean measured, boolean checkpointing) {

    /** float32 on the CPU, nothing timed: the reference that everything else is compared with. */
    public static final Compute PLAIN = new Compute(Precision.FP32, ComputeDevice.CPU, false, false);
}
