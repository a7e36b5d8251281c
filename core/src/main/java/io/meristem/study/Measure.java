package io.meristem.study;

import io.meristem.eval.Scores;
import java.util.List;
import java.util.function.Function;

/** What a table shows of runs that differ by their seed only. */
@SuppressWarnings("ImmutableEnumChecker") // functions without a state
public enum Measure {
    /** Top-1, on the test photos, or the validation photos without any. */
    ACCURACY(runs -> TableNumbers.percent(scores(runs, Scores::accuracy))),
    /** Likewise. */
    MACRO_F1(runs -> TableNumbers.share(scores(runs, Scores::macroF1))),
    /** Of what the method trains, mean over the epochs, MiB of float32. */
    SIZE(runs -> TableNumbers.mib(runs.stream().map(FinishedRun::mib).toList()));

    private final Function<List<FinishedRun>, String> cell;

    Measure(Function<List<FinishedRun>, String> cell) {
        this.cell = cell;
    }

    String cell(List<FinishedRun> runs) {
        return cell.apply(runs);
    }

    private static List<Double> scores(List<FinishedRun> runs, Function<Scores, Double> measure) {
        return runs.stream()
                .map(FinishedRun::scores)
                .filter(scores -> scores != null)
                .map(measure)
                .toList();
    }
}
