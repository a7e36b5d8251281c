package io.meristem.study;

import java.nio.file.Path;
import java.util.List;

/** Judges a run on perturbed photos. */
interface PerturbationJudge {

    /**
     * @param run the folder of a finished run
     * @param perturbations by name
     * @return the accuracy under each, in [0, 1]
     */
    List<Double> accuracies(Path run, List<String> perturbations);
}
