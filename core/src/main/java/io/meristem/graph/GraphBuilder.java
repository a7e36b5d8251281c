package io.meristem.graph;

import io.meristem.op.Init;
import io.meristem.op.Input;
import io.meristem.op.Op;
import io.meristem.op.Parameter;
import io.meristem.op.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Writes a graph down, node after node, in the order in which they run. {@link #in} gives a builder of the same graph whose names begin with a prefix, so that the code of
 * a family reads like its paper's table.
 */
public final class GraphBuilder {

    private static final class Draft {
        private final List<Node> nodes = new ArrayList<>();
        private final Set<String> owners = new HashSet<>();
        private final List<Graph.Block> blocks = new ArrayList<>();
        private Graph.Features features;
    }

    private final Draft draft;
    private final String prefix;

    private GraphBuilder(Draft draft, String prefix) {
        this.draft = draft;
        this.prefix = prefix;
    }

    /** Defines a network's graph. */
    @FunctionalInterface
    public interface Definition {
        /** @return the node that gives the logits */
        Node define(GraphBuilder builder, int classes);
    }

    /** The graph of {@code definition} with so many classes, for photos of three channels. */
    public static Graph build(Definition definition, int classes) {
        Draft draft = new Draft();
        GraphBuilder builder = new GraphBuilder(draft, "");
        builder.add("", new Input(3));
        Node output = definition.define(builder, classes);
        return new Graph(draft.nodes, output.index(), draft.blocks, draft.features);
    }

    /** The photos, (N, 3, H, W). */
    public Node input() {
        return draft.nodes.get(0);
    }

    /** A builder of the same graph, for nodes below {@code name}. */
    public GraphBuilder in(String name) {
        return new GraphBuilder(draft, join(name) + ".");
    }

    /** Adds an operation under a name of its own. */
    public Node add(String name, Op op, Node... inputs) {
        String whole = join(name);
        if (!op.slots().isEmpty() && !draft.owners.add(whole)) {
            throw new IllegalStateException("two nodes named " + whole + " own tensors");
        }
        Node node = new Node(
                draft.nodes.size(),
                whole,
                op,
                Arrays.stream(inputs).map(Node::index).toList());
        draft.nodes.add(node);
        return node;
    }

    /** Adds an operation that owns no tensors, under the name of the part that it is in. */
    public Node add(Op op, Node... inputs) {
        return add("", op, inputs);
    }

    /** A tensor of the network as a value; define it where the home library has it, which may be before it is used. */
    public Node parameter(String name, Init init, int... shape) {
        return add(name, new Parameter(init, Shape.of(shape)));
    }

    /** What {@code part} adds can be computed a second time. Blocks do not nest. */
    public Node block(Supplier<Node> part) {
        int from = draft.nodes.size();
        Node output = part.get();
        draft.blocks.add(new Graph.Block(from, draft.nodes.size()));
        return output;
    }

    /** Says that {@code node} gives the last map of features, with cells {@code stride} pixels apart. */
    public Node features(Node node, int stride) {
        draft.features = new Graph.Features(node.index(), stride);
        return node;
    }

    private String join(String name) {
        if (name.isEmpty()) {
            return prefix.isEmpty() ? "" : prefix.substring(0, prefix.length() - 1);
        }
        return prefix + name;
    }
}
