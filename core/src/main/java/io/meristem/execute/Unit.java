package io.meristem.execute;

import io.meristem.graph.Graph;
import io.meristem.op.Outlook;
import java.util.List;

/**
 * What runs at once: a node, or a block that is computed a second time when the gradient comes by.
 *
 * @param from place of its first node
 * @param to place after its last
 * @param output the value that it gives
 * @param reads the values that it is given
 * @param keepsInput which of them its gradient reads
 * @param keepsOutput whether its gradient reads its output
 */
record Unit(
        int from,
        int to,
        int output,
        List<Integer> reads,
        Outlook outlook,
        List<Boolean> keepsInput,
        boolean keepsOutput,
        boolean twice) {

    boolean flows() {
        return outlook.flows();
    }

    /** The block that this is computed from a second time. */
    Graph.Block block() {
        return new Graph.Block(from, to);
    }
}
