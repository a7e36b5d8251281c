package io.meristem.tune;

/** Settings that belong together. */
public enum Preset {
    /** A new head that trains in full, and a length that a laptop can afford. */
    DEFAULT(20, 5, HeadPolicy.TRAINED),
    /** As the published study has it, as far as its tables tell: docs/method.md. */
    PAPER(40, 5, HeadPolicy.ADAPTED);

    public final int epochs;
    public final int calibrationEpochs;
    public final HeadPolicy head;

    Preset(int epochs, int calibrationEpochs, HeadPolicy head) {
        this.epochs = epochs;
        this.calibrationEpochs = calibrationEpochs;
        this.head = head;
    }
}
