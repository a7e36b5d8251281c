package io.meristem.tune;

/** Which statistics batch normalisation uses. */
public enum NormPolicy {
    /** The pretrained ones, unchanged. */
    FROZEN,
    /** Re-estimated on the training photos before the first epoch and after each merge, then frozen. */
    RECALIBRATED,
    /** Of each batch while training; the running ones follow and are used for evaluation. */
    TRAINED
}
