package io.meristem.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.InputException;
import io.meristem.engine.Tensors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class ModelsTest {

    @Test
    void countsLayersParametersAndRanksOfThePublishedNetworks() {
        assertSizes("alexnet", 8, 57_003_840 + 4_097 * 15, 36_218);
        assertSizes("mobilenet_v2", 53, 2_223_872 + 1_281 * 15, 27_171);
        assertSizes("regnety_040", 116, 19_573_991, 87_994);
        assertSizes("convnext_xlarge", 113, 348_178_703, 411_939);
    }

    private static void assertSizes(String name, int layers, long parameters, long rankSum) {
        try (Network network = new Network(Models.find(name), 15)) {
            assertEquals(layers, network.weightedLayers().size(), name);
            assertEquals(parameters, network.parameterCount(), name);
            assertEquals(
                    rankSum,
                    network.weightedLayers().values().stream()
                            .mapToLong(layer -> layer.outFeatures() + layer.columns())
                            .sum(),
                    name);
        }
    }

    @Test
    void namesTheNearestModels() {
        InputException error = assertThrows(InputException.class, () -> Models.find("mobilenetv2"));
        assertTrue(error.getMessage().contains("mobilenet_v2"), error.getMessage());
        assertThrows(InputException.class, () -> Models.find("mobilenet_v2_000"));
    }

    @Test
    void materialisesRunsAndFrees() {
        long before = Tensors.kept();
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard();
                Network network = new Network(Models.find("mobilenet_v2_035"), 7).materialize(1)) {
            Tensor x = Tensors.channelsLast(torch.randn(2, 3, 64, 64));
            assertArrayEquals(new long[] {2, 7}, network.forward(x).shape());
        }
        assertEquals(before, Tensors.kept());
    }
}
