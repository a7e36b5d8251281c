package io.meristem.op;

import java.util.BitSet;

/**
 * What is known of a node before anything runs.
 *
 * @param through inputs whose gradients are asked for
 * @param trains whether anything of its own trains, tensors or an adapter
 * @param tracks whether it normalises with the batch's own statistics
 * @param casts whether its input comes in another precision than it computes in
 * @param hidden numbers per position that an adapter keeps beside; told to a forecast only
 * @param bytes of a number as it computes; told to a forecast only
 */
public record Outlook(BitSet through, boolean trains, boolean tracks, boolean casts, int hidden, int bytes) {

    /** Whether a gradient passes the node at all. */
    public boolean flows() {
        return trains || !through.isEmpty();
    }

    public boolean through(int input) {
        return through.get(input);
    }
}
