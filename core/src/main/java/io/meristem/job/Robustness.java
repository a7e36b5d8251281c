package io.meristem.job;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.meristem.data.image.Perturbation;
import io.meristem.eval.Scores;
import java.util.List;

/**
 * How good a run is on perturbed photos.
 *
 * @param seed of the perturbations
 * @param results in the order in which they were asked for
 */
public record Robustness(long seed, List<Result> results) {

    /**
     * Under one perturbation.
     *
     * @param setting the perturbation's strength, for people
     * @param scores of the same photos as without it
     */
    public record Result(@JsonUnwrapped Perturbation perturbation, String setting, Scores scores) {}
}
