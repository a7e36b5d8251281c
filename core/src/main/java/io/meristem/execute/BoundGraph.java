package io.meristem.execute;

import io.meristem.engine.Precision;
import io.meristem.graph.Graph;
import io.meristem.graph.GraphBuilder;
import io.meristem.graph.Node;
import io.meristem.op.Layer;
import io.meristem.op.WeightedLayer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A graph with what is kept for each of its nodes, and what has been decided of runs of it. */
final class BoundGraph {

    /** More than a training needs; a program that keeps asking for others begins anew. */
    private static final int REMEMBERED = 16;

    private final Graph graph;
    private final List<Layer> layers = new ArrayList<>();
    private final Map<Asked, Liveness> decided = new HashMap<>();

    /** @param owners layers of nodes that own tensors, by name */
    BoundGraph(Graph graph, Map<String, Layer> owners) {
        this.graph = graph;
        for (Node node : graph.nodes()) {
            layers.add(node.op().slots().isEmpty() ? node.op().layer(node.name()) : owners.get(node.name()));
        }
    }

    /** One layer alone. */
    static BoundGraph of(Layer layer) {
        Graph graph = GraphBuilder.build((b, classes) -> b.add(layer.name(), layer.op(), b.input()), 0);
        return new BoundGraph(graph, Map.of(layer.name(), layer));
    }

    Graph graph() {
        return graph;
    }

    Layer layer(Node node) {
        return layers.get(node.index());
    }

    /** How things are now. */
    private record Now(BitSet trains, BitSet tracks, List<Precision> precisions) implements Conditions {
        @Override
        public boolean trains(Node node) {
            return trains.get(node.index());
        }

        @Override
        public boolean tracks(Node node) {
            return tracks.get(node.index());
        }

        @Override
        public Precision precision(Node node) {
            return precisions.get(node.index());
        }
    }

    private record Asked(Goal goal, Precision photos, Now now) {}

    /**
     * What is decided for a run as things are now; the same as last time where nothing has changed.
     *
     * @param photos what the photos come in; null for anything but {@link Precision}'s
     */
    Liveness liveness(Goal goal, Precision photos) {
        BitSet trains = new BitSet();
        BitSet tracks = new BitSet();
        List<Precision> precisions = new ArrayList<>();
        for (int i = 0; i < layers.size(); i++) {
            Layer layer = layers.get(i);
            trains.set(i, goal.records() && layer.trains());
            tracks.set(i, layer.tracks());
            precisions.add(layer instanceof WeightedLayer weighted ? weighted.precision() : null);
        }
        if (decided.size() >= REMEMBERED) {
            decided.clear();
        }
        return decided.computeIfAbsent(
                new Asked(goal, photos, new Now(trains, tracks, precisions)),
                asked -> Liveness.of(graph, asked.now(), goal, photos));
    }
}
