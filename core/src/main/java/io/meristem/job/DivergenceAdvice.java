package io.meristem.job;

import io.meristem.DivergedException;
import io.meristem.artifact.RunFolder;
import io.meristem.artifact.RunWriter;
import io.meristem.tune.OnDivergence;

/** What is left of a run whose numbers went wrong, and what to do. */
final class DivergenceAdvice {

    private DivergenceAdvice() {}

    /** The same, with the last good state and the mend in its sentence. */
    static DivergedException of(DivergedException e, RunWriter writer, OnDivergence done) {
        String left = writer.bestEpoch() == 0
                ? "no epoch had ended well before, so nothing is kept"
                : "the last good state, of epoch " + writer.bestEpoch() + ", is in "
                        + writer.folder().file(RunFolder.BEST);
        return new DivergedException(
                e.getMessage() + "; " + left + ": train again with a lower --lr"
                        + (done == OnDivergence.STOP
                                ? ", a longer --warmup-epochs, or --on-divergence lower-lr."
                                : " or a longer --warmup-epochs."),
                e);
    }
}
