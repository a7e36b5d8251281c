package io.meristem.adapter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.abort;

import io.meristem.InputException;
import io.meristem.execute.Network;
import io.meristem.zoo.ModelSpec;
import io.meristem.zoo.Models;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LoraSizesTest {

    /** Table 3 of the source: MiB of float32 at 15 classes, to the two printed decimals. */
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "alexnet, 8, 36218, 0.55, 1.11, 2.21",
        "mobilenet_v2, 53, 27171, 0.41, 0.83, 1.66",
        "regnety_040, 116, 87994, 1.34, 2.69, 5.37",
        "convnext_xlarge, 113, 411939, 6.29, 12.57, 25.14"
    })
    void reproducesTheSizesOfTable3(String name, int count, long perRank, double r4, double r8, double r16) {
        try (Network network = new Network(find(name), 15)) {
            List<LayerSize> layers = network.weightedLayers().entrySet().stream()
                    .map(e -> LayerSize.of(e.getKey(), e.getValue()))
                    .toList();
            assertEquals(count, layers.size());
            assertEquals(perRank, layers.stream().mapToLong(LayerSize::perRank).sum());
            assertEquals(r4, mib(layers, 4), 0.005);
            assertEquals(r8, mib(layers, 8), 0.005);
            assertEquals(r16, mib(layers, 16), 0.005);
        }
    }

    private static ModelSpec find(String name) {
        try {
            return Models.find(name);
        } catch (InputException e) {
            return abort("this build has no " + name);
        }
    }

    private static double mib(List<LayerSize> layers, int rank) {
        int[] ranks = new int[layers.size()];
        Arrays.fill(ranks, rank);
        return LayerSize.mib(LayerSize.numbers(layers, ranks));
    }

    @Test
    void fullRankIsTheShorterSide() {
        assertEquals(9, new LayerSize("dw", "depthwise", 32, 9).fullRank());
        assertEquals(15, new LayerSize("head", "linear", 15, 1280).fullRank());
        assertEquals(1, LayerSize.mib(1 << 18));
    }
}
