package io.meristem.execute;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.engine.Precision;
import io.meristem.graph.Graph;
import io.meristem.graph.Node;
import io.meristem.op.Activation;
import io.meristem.op.Add;
import io.meristem.op.Shape;
import io.meristem.op.Weighted;
import io.meristem.zoo.Models;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** What is decided before anything runs, and that the forecast says so; without an engine. */
class LivenessTest {

    private static final Shape PHOTO = Shape.of(3, 64, 64);

    /** @param trains which nodes do */
    private record Given(Predicate<Node> trains, Precision precision) implements Conditions {
        @Override
        public boolean trains(Node node) {
            return trains.test(node);
        }

        @Override
        public boolean tracks(Node node) {
            return false;
        }

        @Override
        public Precision precision(Node node) {
            return precision;
        }
    }

    private static final Given NOTHING = new Given(node -> false, Precision.FP32);
    private static final Given WEIGHTS = new Given(node -> node.op() instanceof Weighted, Precision.FP32);

    private static Graph graph(String model) {
        return Models.find(model).graph(4).folded();
    }

    private static Goal training(Graph graph, boolean checkpointing) {
        return new Goal(List.of(graph.output()), true, -1, checkpointing);
    }

    @Test
    void evaluationWorksInPlaceAndKeepsNothing() {
        Graph graph = graph("mobilenet_v2_035");
        Liveness live = Liveness.of(graph, NOTHING, Goal.evaluation(graph.output()), Precision.FP32);
        for (int k = 0; k < live.units().size(); k++) {
            Node node = graph.node(live.units().get(k).output());
            boolean can = node.op() instanceof Activation || node.op() instanceof Add;
            assertEquals(can, live.overwrites(k), node.name());
            assertEquals(0, live.readers(node.index()), node.name());
        }
        assertTrue(live.backward().isEmpty());
    }

    @Test
    void nothingIsKeptBelowWhatTrains() {
        Graph graph = graph("regnety_002");
        Given head = new Given(node -> node.name().equals("head.fc"), Precision.FP32);
        Liveness live = Liveness.of(graph, head, training(graph, false), Precision.FP32);
        int pooled = graph.node(graph.output()).inputs().get(0);
        for (Node node : graph.nodes()) {
            assertEquals(node.index() == pooled ? 1 : 0, live.readers(node.index()), node.name());
        }
        assertEquals(1, live.backward().size());
    }

    /** A convolution's output is overwritten by its activation, whose output both gradients read; what GELU gives is computed again. */
    @Test
    void trainingKeepsWhatGradientsRead() {
        Graph graph = graph("convnext_atto");
        Liveness live = Liveness.of(graph, WEIGHTS, training(graph, false), Precision.FP32);
        for (Node node : graph.nodes()) {
            boolean gelu = node.op() == Activation.GELU;
            assertEquals(gelu, live.again(node.index()), node.name());
        }
        Graph relu = graph("alexnet");
        Liveness plain = Liveness.of(relu, WEIGHTS, training(relu, false), Precision.FP32);
        assertEquals(0, plain.readers(relu.node("features.6").index()));
        assertEquals(2, plain.readers(relu.node("features.7").index()));
        assertTrue(plain.overwrites(unit(plain, relu.node("features.7"))));
        assertEquals(
                plain.memory(relu.node("features.6").index()),
                plain.memory(relu.node("features.7").index()));
    }

    private static int unit(Liveness live, Node node) {
        return live.units().stream().map(Unit::output).toList().indexOf(node.index());
    }

    /** What a step keeps of a whole chain, to the byte: AlexNet's activations, pooled maps with their places, and rows. */
    @Test
    void theForecastCounts() {
        Graph graph = graph("alexnet");
        long convs = 64 * 15 * 15 + 192 * 7 * 7 + (384 + 256 + 256) * 3 * 3;
        long pooled = 64 * 7 * 7 + 192 * 3 * 3 + 256;
        long grid = 256 * 6 * 6;
        long rows = 9216 + 2 * 4096;
        long dropped = (9216 + 4096) * (4 + 1);
        long saved = 4 * (convs + pooled + rows) + 8 * pooled;
        long peak = Forecast.peak(graph, WEIGHTS, training(graph, false), PHOTO);
        assertTrue(
                peak >= saved && peak <= saved + dropped + 4 * (grid + 2 * 64 * 15 * 15),
                peak + " bytes, and " + saved + " are saved");
        assertEquals(2 * peak, Forecast.peak(graph, WEIGHTS, training(graph, false), PHOTO) * 2);
    }

    @Test
    void checkpointingAndHalfPrecisionTakeLess() {
        for (String model : List.of("mobilenet_v2", "regnety_040", "convnext_tiny")) {
            Graph graph = graph(model);
            Given half = new Given(WEIGHTS.trains(), Precision.BF16);
            long whole = Forecast.peak(graph, WEIGHTS, training(graph, false), PHOTO);
            long again = Forecast.peak(graph, WEIGHTS, training(graph, true), PHOTO);
            long halved = Forecast.peak(graph, half, training(graph, false), PHOTO);
            long forward = Forecast.peak(graph, NOTHING, Goal.evaluation(graph.output()), PHOTO);
            assertTrue(again < 0.7 * whole, model + ": " + again + " of " + whole);
            assertTrue(halved > 0.45 * whole && halved < 0.55 * whole, model + ": " + halved + " of " + whole);
            assertTrue(forward <= again, model + ": " + forward + " of " + again);
        }
        assertFalse(graph("alexnet").blocks().iterator().hasNext(), "AlexNet is one chain");
    }
}
