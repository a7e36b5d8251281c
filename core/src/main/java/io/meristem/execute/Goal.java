package io.meristem.execute;

import java.util.List;

/**
 * What a run of a graph is for.
 *
 * @param ends nodes whose values are asked for
 * @param records whether gradients of what trains are asked for
 * @param wanted the node whose value's gradient is asked for, too; -1 for none
 * @param checkpointing whether blocks keep only what they read, and are computed again when the gradient comes by
 */
public record Goal(List<Integer> ends, boolean records, int wanted, boolean checkpointing) {

    public Goal {
        ends = List.copyOf(ends);
    }

    /** Forward only, to {@code end}. */
    public static Goal evaluation(int end) {
        return new Goal(List.of(end), false, -1, false);
    }
}
