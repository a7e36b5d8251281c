package io.meristem.study;

import io.meristem.artifact.RunResult;
import io.meristem.eval.Scores;
import io.meristem.rank.SizeHistory;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;

/**
 * A run that is done.
 *
 * @param key of its folder
 */
record FinishedRun(String key, Path folder, RunResult result) {

    /** Where the run was judged cut to several ranks, it at the one whose size is nearest to {@code mib}. */
    FinishedRun at(double mib) {
        return result.ranks().stream()
                .min(Comparator.comparingDouble(cut -> Math.abs(cut.mib() - mib)))
                .map(cut -> new FinishedRun(key, folder, cut(cut)))
                .orElse(this);
    }

    private RunResult cut(RunResult.AtRank to) {
        return new RunResult(
                result.method(),
                result.epochs(),
                result.bestEpoch(),
                to.val(),
                to.test(),
                result.modelMib(),
                List.of(new SizeHistory.Span(1, to.mib())),
                to.mib(),
                result.headMib(),
                result.secondsPerEpoch(),
                List.of(to),
                result.peakMemoryMib());
    }

    /** On the test photos, or else on the validation photos, or null without either. */
    Scores scores() {
        return result.test() == null ? result.val() : result.test();
    }

    /** What the method trains, MiB, mean over the epochs. */
    double mib() {
        return result.averageMib();
    }
}
