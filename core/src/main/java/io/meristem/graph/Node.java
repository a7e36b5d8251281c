package io.meristem.graph;

import io.meristem.op.Op;
import java.util.List;

/**
 * One operation of a graph. Its output is the value that other nodes name.
 *
 * @param index its place in {@link Graph#nodes}
 * @param name dotted, as its home library has it; unique where the operation owns tensors
 * @param inputs places of earlier nodes
 */
public record Node(int index, String name, Op op, List<Integer> inputs) {

    public Node {
        inputs = List.copyOf(inputs);
        for (int input : inputs) {
            if (input >= index) {
                throw new IllegalArgumentException(name + " reads a node that comes after it");
            }
        }
    }
}
