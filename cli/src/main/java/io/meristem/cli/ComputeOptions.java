package io.meristem.cli;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.engine.ComputeDevice;
import io.meristem.engine.Precision;
import io.meristem.tune.Compute;
import java.nio.file.Path;
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

    /** What is no file. */
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
            defaultValue = "kind",
            description =
                    "How each layer is computed: kind (by the kind of layer: the same bytes each time), measured (timed once per machine and shape, seconds), or, for 'train', the folder of a run or its plan.json, whose plan is taken again. Default: kind.")
    String plan;

    @Option(
            names = "--checkpointing",
            description =
                    "Keep less of each forward pass and compute it again: little more than half the memory, a third more time (ConvNeXt-T).")
    boolean checkpointing;

    @Option(names = "--device", paramLabel = "NAME", defaultValue = "CPU", description = "cpu or cuda. Default: cpu.")
    ComputeDevice device;

    /**
     * For what makes a plan.
     *
     * @throws InputException when a file is named
     */
    Compute resolve() {
        if (planning() == null) {
            throw new InputException(ErrorCode.OUT_OF_RANGE, "--plan takes kind or measured here, not %s.", plan);
        }
        return withFile();
    }

    /** For what can take a plan from a file too, see {@link #file}. */
    Compute withFile() {
        return new Compute(precision.resolve(), device, planning() == Planning.MEASURED, checkpointing);
    }

    /** The plan to take again; null where one is made. */
    Path file() {
        return planning() == null ? Path.of(plan) : null;
    }

    private Planning planning() {
        if (plan.isBlank()) {
            throw new InputException(
                    ErrorCode.MISSING_SETTING,
                    "--plan is empty: give kind, measured, the folder of a run, or its plan.json.");
        }
        for (Planning planning : Planning.values()) {
            if (planning.name().equalsIgnoreCase(plan)) {
                return planning;
            }
        }
        return null;
    }
}
