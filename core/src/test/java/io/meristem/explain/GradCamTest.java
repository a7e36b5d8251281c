package io.meristem.explain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.meristem.engine.Tensors;
import io.meristem.execute.Network;
import io.meristem.execute.SharedNumbers;
import io.meristem.graph.Graph;
import io.meristem.op.Shape;
import io.meristem.zoo.Models;
import java.io.IOException;
import java.io.InputStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Against PyTorch's autograd in float64 on the same weights: bench/peers/gradcam_fixture.py. */
class GradCamTest {

    private static final int CLASSES = 10;
    private static final double TOLERANCE = 1e-4;

    static Stream<JsonNode> runs() throws IOException {
        try (InputStream in = GradCamTest.class.getResourceAsStream("/gradcam.json")) {
            JsonNode runs = new ObjectMapper().readTree(in).get("runs");
            return StreamSupport.stream(runs.spliterator(), false);
        }
    }

    @ParameterizedTest
    @MethodSource("runs")
    void givesThePeersMapsForEachFamily(JsonNode run) {
        int side = run.get("side").asInt();
        long before = Tensors.kept();
        try (PointerScope scope = new PointerScope();
                Network network = new Network(Models.find(run.get("model").asText()), CLASSES).materialize(0)) {
            SharedNumbers.fill(network);
            double root3 = Math.sqrt(3);
            Tensor images = Tensors.channelsLast(SharedNumbers.tensor("input", -root3, root3, 2, 3, side, side));
            Explainer gradCam = HeatmapMethod.GRAD_CAM.of(network);
            for (boolean folded : new boolean[] {false, true}) {
                if (folded) {
                    network.fold();
                }
                for (String name : (Iterable<String>) () -> run.get("maps").fieldNames()) {
                    int label = Integer.parseInt(name);
                    Explanation[] got = gradCam.explain(images, new int[] {label, label});
                    compare(run, label, got, folded);
                }
            }
        }
        assertEquals(before, Tensors.kept());
    }

    private static void compare(JsonNode run, int label, Explanation[] got, boolean folded) {
        JsonNode want = run.get("maps").get(String.valueOf(label));
        double largest = 0;
        double worst = 0;
        for (int i = 0; i < want.size(); i++) {
            CoarseMap map = got[i / (want.size() / 2)].map();
            assertEquals(run.get("shape").get(1).asInt(), map.height());
            assertEquals(run.get("shape").get(2).asInt(), map.width());
            double value = map.values()[i % (want.size() / 2)];
            largest = Math.max(largest, want.get(i).asDouble());
            worst = Math.max(worst, Math.abs(value - want.get(i).asDouble()));
        }
        assertTrue(largest > 0, "an empty map compares nothing");
        assertTrue(
                worst <= TOLERANCE * largest,
                run.get("model") + " class " + label + (folded ? " folded" : "") + ": off by " + worst / largest);
    }

    @Test
    void everyNetworkOfTheRegistryHasItsMap() {
        Models.all().forEach(spec -> {
            try (Network network = new Network(spec, 2)) {
                Graph graph = network.graph();
                Shape map =
                        graph.shapes(Shape.of(3, 224, 224)).get(graph.features().node());
                assertEquals(3, map.rank(), spec.name());
                assertEquals(224.0 / graph.features().stride(), map.size(1), 1, spec.name());
            }
        });
    }

    /**
     * With random weights no side is preferred, so that kernels, strides and padding say where the first cell looks. TensorFlow's padding puts each window of stride 2 a pixel
     * further on, 31 in all; what of the middle cell's wide window lies outside the picture pulls it back by some.
     */
    @ParameterizedTest
    @CsvSource({
        "alexnet, 15.5, 4",
        "mobilenet_v2_035, 0.5, 4",
        "regnety_002, 0.5, 4",
        "convnext_atto, 16, 4",
        "shufflenet_v2_x0_5, 0.5, 4",
        "tf_efficientnet_lite0, 31.5, 8"
    })
    void cellsOfRandomNetworksLookWhereTheirGeometrySays(String name, double first, double tolerance) {
        try (Network network = new Network(Models.find(name), CLASSES).materialize(5)) {
            network.train(false);
            CoarseMap.Cells cells = CellGauge.measure(network);
            assertEquals(first, cells.firstX(), tolerance, cells.toString());
            assertEquals(first, cells.firstY(), tolerance, cells.toString());
            assertEquals(cells, CellGauge.measure(network));
        }
    }
}
