package io.meristem.zoo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.graph.Graph;
import io.meristem.graph.Node;
import io.meristem.op.BatchNorm;
import io.meristem.op.Shape;
import java.util.BitSet;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every network of the registry is a graph whose shapes fit, without an engine. */
class GraphsTest {

    static Stream<String> models() {
        return Models.all().stream().map(ModelSpec::name);
    }

    @ParameterizedTest
    @MethodSource("models")
    void fits(String model) {
        ModelSpec spec = Models.find(model);
        Graph graph = spec.graph(7);
        BitSet needed = graph.needed(graph.output());
        assertEquals(graph.nodes().size(), needed.cardinality(), "all nodes are run");
        for (int side : new int[] {spec.minSize(), spec.inputSize(), 300}) {
            List<Shape> shapes = graph.shapes(Shape.of(3, side, side));
            assertEquals(Shape.of(7), shapes.get(graph.output()));
            Shape features = shapes.get(graph.features().node());
            assertEquals((double) side / graph.features().stride(), features.size(1), 2, "cells of the features");
        }
        assertEquals(spec.headName(), graph.node(graph.output()).name());
        assertThrows(IllegalArgumentException.class, () -> graph.shapes(Shape.of(4, 224, 224)));
    }

    /** In these families each batch normalisation follows a convolution. */
    @ParameterizedTest
    @MethodSource("models")
    void foldsAllBatchNorms(String model) {
        Graph graph = Models.find(model).graph(7);
        long norms =
                graph.nodes().stream().filter(n -> n.op() instanceof BatchNorm).count();
        assertEquals(norms, graph.foldable().size());
        Graph folded = graph.folded();
        assertEquals(graph.nodes().size() - norms, folded.nodes().size());
        Shape photo = Shape.of(3, 224, 224);
        assertEquals(
                graph.shapes(photo).get(graph.features().node()),
                folded.shapes(photo).get(folded.features().node()));
        assertEquals(
                graph.node(graph.output()).name(), folded.node(folded.output()).name());
        assertEquals(graph.blocks().size(), folded.blocks().size());
        folded.blocks().forEach(block -> {
            Node first = folded.node(block.from());
            Node last = folded.node(block.to() - 1);
            String prefix = first.name().replaceFirst("\\.(conv|gamma|branch|block).*", "");
            assertTrue(last.name().startsWith(prefix), first.name() + " and " + last.name() + " are of one block");
        });
    }
}
