package io.meristem.tune;

/** What happens to the classifier layer, which starts anew when the classes differ. */
public enum HeadPolicy {
    /** All of it trains, beside the adapters; counted separately in every report. */
    TRAINED,
    /** Frozen at its random start, with an adapter like any other layer: what the source's sizes imply. */
    ADAPTED
}
