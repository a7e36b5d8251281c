package io.meristem.op;

import java.util.List;

/**
 * A tensor that a node of an operation owns.
 *
 * @param name after the node's own, such as {@code weight}; empty where the tensor has the node's name
 * @param buffer whether it is state that no optimiser trains, such as a running mean
 * @param init its first values
 */
public record Slot(String name, boolean buffer, Init init, List<Long> shape) {

    static Slot of(String name, Init init, long... shape) {
        return new Slot(name, false, init, list(shape));
    }

    static Slot buffer(String name, Init init, long... shape) {
        return new Slot(name, true, init, list(shape));
    }

    private static List<Long> list(long... shape) {
        return java.util.Arrays.stream(shape).boxed().toList();
    }

    Param param() {
        return new Param(buffer, init, shape.stream().mapToLong(Long::longValue).toArray());
    }
}
