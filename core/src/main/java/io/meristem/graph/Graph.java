package io.meristem.graph;

import io.meristem.op.Shape;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * What a network computes: nodes in an order in which they can run.
 *
 * @param output place of the node that gives the logits
 * @param blocks parts that training may compute a second time, one after another
 * @param features the last map of features
 */
public record Graph(List<Node> nodes, int output, List<Block> blocks, Features features) {

    /**
     * A part of a network that can be computed a second time from what it reads, to save memory.
     *
     * @param from place of its first node
     * @param to place after its last
     */
    public record Block(int from, int to) {}

    /**
     * The last map of features that still has positions: what the classifier, or the pooling before it, reads.
     *
     * @param node place of the node that gives it
     * @param stride pixels of the input from one cell to the next
     */
    public record Features(int node, int stride) {}

    public Graph {
        nodes = List.copyOf(nodes);
        blocks = List.copyOf(blocks);
    }

    public Node node(int index) {
        return nodes.get(index);
    }

    /** @throws IllegalStateException when there is none of that name */
    public Node node(String name) {
        return nodes.stream()
                .filter(node -> node.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("there is no node " + name));
    }

    /**
     * The shape of each node's value for one photo.
     *
     * @throws IllegalArgumentException when the network does not take the input
     */
    public List<Shape> shapes(Shape input) {
        List<Shape> shapes = new ArrayList<>();
        for (Node node : nodes) {
            List<Shape> inputs = node.index() == 0
                    ? List.of(input)
                    : node.inputs().stream().map(shapes::get).toList();
            try {
                shapes.add(node.op().shape(inputs));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(node.name() + ": " + e.getMessage(), e);
            }
        }
        return shapes;
    }

    /** How many nodes read each node's value. */
    public int[] readers() {
        int[] readers = new int[nodes.size()];
        nodes.forEach(node -> node.inputs().forEach(input -> readers[input]++));
        return readers;
    }

    /** Without the nodes that {@code idle} names, whose first input their readers then read. */
    public Graph without(Predicate<Node> idle) {
        List<Node> kept = new ArrayList<>();
        int[] place = new int[nodes.size() + 1]; // of each node's value
        int[] start = new int[nodes.size() + 1]; // of the first kept node from there on
        for (Node node : nodes) {
            start[node.index()] = kept.size();
            if (idle.test(node)) {
                place[node.index()] = place[node.inputs().get(0)];
                continue;
            }
            place[node.index()] = kept.size();
            kept.add(new Node(
                    kept.size(),
                    node.name(),
                    node.op(),
                    node.inputs().stream().map(input -> place[input]).toList()));
        }
        start[nodes.size()] = kept.size();
        List<Block> moved = blocks.stream()
                .map(block -> new Block(start[block.from()], start[block.to()]))
                .toList();
        return new Graph(
                kept,
                place[output],
                moved,
                features == null ? null : new Features(place[features.node()], features.stride()));
    }

    /** As it runs where every batch normalisation that can be is taken into the convolution before it. */
    public Graph folded() {
        Collection<Integer> norms = foldable().values();
        return without(node -> norms.contains(node.index()));
    }

    /** The nodes that {@code end} depends on, itself included. */
    public BitSet needed(int end) {
        BitSet needed = new BitSet();
        needed.set(end);
        for (int i = end; i >= 0; i--) {
            if (needed.get(i)) {
                nodes.get(i).inputs().forEach(needed::set);
            }
        }
        return needed;
    }

    /** Each convolution's place, with that of the batch normalisation that alone reads it. */
    public Map<Integer, Integer> foldable() {
        int[] readers = readers();
        Map<Integer, Integer> pairs = new HashMap<>();
        for (Node node : nodes) {
            if (node.op() instanceof io.meristem.op.BatchNorm) {
                int before = node.inputs().get(0);
                if (readers[before] == 1
                        && nodes.get(before).op() instanceof io.meristem.op.Conv2d
                        && before != output) {
                    pairs.put(before, node.index());
                }
            }
        }
        return Collections.unmodifiableMap(pairs);
    }
}
