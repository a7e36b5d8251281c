package io.meristem.tune;

import io.meristem.rank.CkaScorer;
import io.meristem.rank.GradientScorer;
import io.meristem.rank.Scorer;

/** Settings that belong together. */
public enum Preset {
    /** A new head that trains in full, a length that a laptop can afford, and the scorer that did best (docs/performance.md). */
    DEFAULT(20, 5, HeadPolicy.TRAINED, new GradientScorer()),
    /** As the published study has it, as far as its tables tell: docs/method.md. */
    PAPER(40, 5, HeadPolicy.ADAPTED, CkaScorer.DEFAULT);

    public final int epochs;
    public final int calibrationEpochs;
    public final HeadPolicy head;

    /** What DRA's ranks follow. */
    public final Scorer scorer;

    Preset(int epochs, int calibrationEpochs, HeadPolicy head, Scorer scorer) {
        this.epochs = epochs;
        this.calibrationEpochs = calibrationEpochs;
        this.head = head;
        this.scorer = scorer;
    }
}
