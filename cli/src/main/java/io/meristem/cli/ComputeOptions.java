package io.meristem.cli;

import io.meristem.engine.ComputeDevice;
import io.meristem.engine.Precision;
import io.meristem.tune.Compute;
import picocli.CommandLine.Option;

/** How training is computed: time, memory and rounding, not the method. */
final class ComputeOptions {

    /** AUTO is what the device is fast at. */
    enum Choice {
        AUTO,
        FP32,
        BF16;

        Precision resolve() {
            return switch (this) {
                case AUTO -> Precision.best();
                case FP32 -> Precision.FP32;
                case BF16 -> Precision.BF16;
            };
        }
    }

    enum Planning {
        MEASURED,
        KIND
    }

    @Option(
            names = "--precision",
            paramLabel = "NAME",
            defaultValue = "AUTO",
            description =
                    "fp32, or bf16: activations and frozen weights in bfloat16, all that trains in float32. Default: auto, bf16 where the processor has instructions for it.")
    Choice precision;

    @Option(
            names = "--plan",
            paramLabel = "WAY",
            defaultValue = "MEASURED",
            description =
                    "How each adapted layer is computed: measured (timed once per machine and shape, seconds) or kind (by the kind of layer). Default: measured.")
    Planning plan;

    @Option(
            names = "--checkpointing",
            description =
                    "Keep less of each forward pass and compute it again: little more than half the memory, a third more time (ConvNeXt-T).")
    boolean checkpointing;

    @Option(names = "--device", paramLabel = "NAME", defaultValue = "CPU", description = "cpu or cuda. Default: cpu.")
    ComputeDevice device;

    /** */
    Compute resolve() {
        return new Compute(precision.resolve(), device, plan == Planning.MEASURED, checkpointing);
    }
}
