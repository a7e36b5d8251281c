package io.meristem.execute;

import io.meristem.engine.Precision;
import io.meristem.graph.Graph;
import io.meristem.graph.GraphBuilder;
import io.meristem.graph.Node;
import io.meristem.op.Layer;
import io.meristem.op.WeightedLayer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A graph with what is kept for each of its nodes.
 *
 * @param layers by the nodes' places
 */
record Bound(Graph graph, List<Layer> layers) implements Conditions {

    /** @param owners layers of nodes that own tensors, by name */
    static Bound of(Graph graph, Map<String, Layer> owners) {
        List<Layer> layers = new ArrayList<>();
        for (Node node : graph.nodes()) {
            layers.add(node.op().slots().isEmpty() ? node.op().layer(node.name()) : owners.get(node.name()));
        }
        return new Bound(graph, layers);
    }

    /** One layer alone. */
    static Bound of(Layer layer) {
        Graph graph = GraphBuilder.build((b, classes) -> b.add(layer.name(), layer.op(), b.input()), 0);
        return of(graph, Map.of(layer.name(), layer));
    }

    Layer layer(Node node) {
        return layers.get(node.index());
    }

    @Override
    public boolean trains(Node node) {
        return layer(node).trains();
    }

    @Override
    public boolean tracks(Node node) {
        return layer(node).tracks();
    }

    @Override
    public Precision precision(Node node) {
        return layer(node) instanceof WeightedLayer weighted ? weighted.precision() : null;
    }
}
