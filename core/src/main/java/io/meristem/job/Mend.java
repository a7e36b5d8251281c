package io.meristem.job;

import io.meristem.DivergedException;
import io.meristem.artifact.RunFolder;
import io.meristem.artifact.RunWriter;

/** What is left of a run whose numbers went wrong, and what to do. */
final class Mend {

    private Mend() {}

    /** The same, with the last good state and the mend in its sentence. */
    static DivergedException of(DivergedException e, RunWriter writer) {
        String left = writer.bestEpoch() == 0
                ? "no epoch had ended well before, so nothing is kept"
                : "the last good state, of epoch " + writer.bestEpoch() + ", is in "
                        + writer.folder().file(RunFolder.BEST);
        return new DivergedException(
                e.getMessage() + "; " + left
                        + ": train again with a lower --lr, a longer --warmup-epochs, or --on-divergence lower-lr.",
                e);
    }
}
