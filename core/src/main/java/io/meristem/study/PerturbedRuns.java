package io.meristem.study;

import io.meristem.artifact.Json;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How good finished runs are on perturbed photos. Each is judged once; the answer is kept beside the runs, in {@code robustness/<key>.json}. */
final class PerturbedRuns {

    private final StudyFolder folder;
    private final List<String> perturbations;
    private final PerturbationJudge judge;

    PerturbedRuns(StudyFolder folder, List<String> perturbations, PerturbationJudge judge) {
        this.folder = folder;
        this.perturbations = List.copyOf(perturbations);
        this.judge = judge;
    }

    List<String> perturbations() {
        return perturbations;
    }

    /** In the order of the perturbations. */
    List<Double> of(FinishedRun run) {
        Map<String, Double> known = folder.robustness(run.key());
        if (known.keySet().containsAll(perturbations)) {
            return perturbations.stream().map(known::get).toList();
        }
        List<Double> accuracies = judge.accuracies(run.folder(), perturbations);
        Map<String, Double> kept = new LinkedHashMap<>();
        for (int i = 0; i < accuracies.size(); i++) {
            kept.put(perturbations.get(i), accuracies.get(i));
        }
        folder.writeRobustness(run.key(), Json.pretty(kept));
        return accuracies;
    }
}
