package io.meristem.execute;

import io.meristem.engine.Precision;
import io.meristem.graph.Node;

/** What is known of a network before it runs: by a network itself, or by a forecast that has no tensors. */
public interface Conditions {

    /** Whether anything trains that the node owns, an adapter on it included. */
    boolean trains(Node node);

    /** Whether the node normalises with the batch's own statistics. */
    boolean tracks(Node node);

    /** What the node computes in, where it has a say. */
    Precision precision(Node node);

    /** Numbers per position that an adapter keeps beside. */
    default int hidden(Node node) {
        return 0;
    }
}
