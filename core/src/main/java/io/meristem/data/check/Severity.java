package io.meristem.data.check;

/** How much a finding matters, the least first. */
public enum Severity {
    /** Worth knowing. */
    NOTE,
    /** May cost accuracy or make scores too good. */
    WARNING,
    /** Scores on these photos cannot be believed before it is mended. */
    SEVERE
}
