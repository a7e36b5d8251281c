package io.meristem.cli;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.data.image.Perturbations;
import picocli.CommandLine.Option;

/** Under which perturbations photos are judged. */
final class PerturbOptions {

    @Option(
            names = "--perturb",
            paramLabel = "NAME[:LEVEL]",
            description = {
                "Judge the photos also under perturbations: noise, crop, jitter, rotation, or all of them; several with commas.",
                "Levels go from 1 (slight) to 5 (severe), 3 where none is given: noise:4, or noise:1-5 for a range."
            })
    String perturb;

    @Option(
            names = "--perturb-seed",
            paramLabel = "SEED",
            description = "Of all that is random in perturbations. Default: 0.")
    Long seed;

    Perturbations resolve() {
        if (perturb == null) {
            if (seed != null) {
                throw new InputException(
                        ErrorCode.CONFLICTING_SETTINGS,
                        "--perturb-seed is for perturbations, and none is named: give --perturb too.");
            }
            return Perturbations.NONE;
        }
        return Perturbations.parse(perturb, seed == null ? 0 : seed);
    }
}
