package io.meristem.execute;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.engine.Tensors;
import io.meristem.graph.Node;
import io.meristem.op.Add;
import io.meristem.op.Conv2d;
import io.meristem.op.GlobalPool;
import io.meristem.op.Linear;
import io.meristem.op.Param;
import io.meristem.testing.TinyNetworks;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class NetworkTest {

    @Test
    void firstValuesDependOnSeedAndNameOnly() {
        try (Network one = TinyNetworks.mixed().materialize(4);
                Network two = TinyNetworks.mixed().materialize(4);
                Network other = TinyNetworks.mixed().materialize(5);
                Network smaller = TinyNetworks.of(
                        "stem", (b, classes) -> b.add("stem", new Conv2d(3, 8, 3, 2, 1, 1, true), b.input()))) {
            smaller.materialize(4);
            one.params().forEach((name, p) -> {
                assertArrayEquals(values(p), values(two.params().get(name)), 0, name);
                assertFalse(Arrays.equals(values(p), values(other.params().get(name))), name);
            });
            assertArrayEquals(
                    values(one.params().get("stem.weight")),
                    values(smaller.params().get("stem.weight")));
        }
    }

    @Test
    void layersOfOneShapeGetDifferentValues() {
        try (Network network = TinyNetworks.of("a", (b, classes) -> {
            Node x = b.add(new GlobalPool(), b.input());
            return b.add(
                    new Add(),
                    b.add("a", new Linear(3, classes, true), x),
                    b.add("b", new Linear(3, classes, true), x));
        })) {
            network.materialize(1);
            assertFalse(Arrays.equals(
                    values(network.params().get("a.weight")),
                    values(network.params().get("b.weight"))));
        }
    }

    @Test
    void startsWithinPyTorchsBounds() {
        try (Network network = TinyNetworks.normed().materialize(2)) {
            double bound = 1 / Math.sqrt(27);
            float[] weight = values(network.params().get("first.weight"));
            double most = 0;
            for (float w : weight) {
                most = Math.max(most, Math.abs(w));
            }
            assertTrue(most <= bound && most > 0.9 * bound, most + " of " + bound);
            assertArrayEquals(
                    new float[] {1, 1, 1, 1, 1, 1}, values(network.params().get("norm1.running_var")));
            assertArrayEquals(new float[6], values(network.params().get("norm1.running_mean")));
        }
    }

    @Test
    void namesCountsAndHead() {
        try (Network network = TinyNetworks.normed()) {
            assertEquals(
                    List.of("first", "second", "head"),
                    List.copyOf(network.weightedLayers().keySet()));
            assertEquals(
                    List.of("norm1", "norm2"), List.copyOf(network.batchNorms().keySet()));
            assertSame(network.weightedLayers().get("head"), network.head());
            assertEquals(TinyNetworks.CLASSES, network.head().outFeatures());
            assertEquals(6, network.head().columns());
            assertEquals(162 + 12 + 54 + 12 + 18 + 3, network.parameterCount());
            assertTrue(network.params().get("norm2.running_mean").isBuffer());
            assertEquals("conv", network.weightedLayers().get("first").kind());
            assertEquals("depthwise", network.weightedLayers().get("second").kind());
            assertEquals("linear", network.head().kind());
        }
        assertThrows(IllegalStateException.class, () -> TinyNetworks.of("nowhere", (b, classes) -> b.input()));
    }

    @Test
    void aDefinitionHasNoMemoryAndClosingGivesItBack() {
        long before = Tensors.kept();
        Network network = TinyNetworks.mixed();
        assertThrows(IllegalStateException.class, () -> network.head().weight().value());
        network.materialize(1);
        float[] values = values(network.head().weight());
        network.materialize(2);
        assertArrayEquals(values, values(network.head().weight()), "a second call changes nothing");
        assertEquals(before + network.params().size(), Tensors.kept());
        network.close();
        network.close();
        assertEquals(before, Tensors.kept());
    }

    @Test
    void settingChecksTheShapeAndTakesAnyDtype() {
        try (PointerScope scope = new PointerScope();
                Network network = TinyNetworks.mixed().materialize(1)) {
            Param bias = network.params().get("head.bias");
            bias.set(Tensors.of(new float[] {1, 2, 3}, 3).to(torch.ScalarType.Double));
            assertArrayEquals(new float[] {1, 2, 3}, values(bias));
            assertThrows(IllegalArgumentException.class, () -> bias.set(Tensors.of(new float[] {1, 2, 3}, 1, 3)));
            assertThrows(IllegalArgumentException.class, () -> Tensors.of(new float[] {1, 2, 3}, 2));
        }
    }

    /** Convolution with groups and stride against plain loops: the layout of the weight is what every other room builds on. */
    @Test
    void groupedStridedConvolutionEqualsPlainLoops() {
        try (PointerScope scope = new PointerScope();
                Network network =
                        TinyNetworks.single(new Conv2d(4, 6, 3, 2, 1, 2, true)).materialize(3)) {
            Tensor x = torch.randn(2, 4, 7, 6);
            float[] in = Tensors.toFloats(x);
            float[] w = values(network.params().get("layer.weight")); // (6, 2, 3, 3)
            float[] bias = values(network.params().get("layer.bias"));
            Tensor y = network.forward(x);
            assertArrayEquals(new long[] {2, 6, 4, 3}, y.shape());
            float[] out = Tensors.toFloats(y);
            for (int i = 0; i < out.length; i++) {
                int col = i % 3;
                int row = i / 3 % 4;
                int o = i / 12 % 6;
                int n = i / 72;
                double sum = bias[o];
                for (int c = 0; c < 2; c++) {
                    for (int k = 0; k < 9; k++) {
                        int r = 2 * row + k / 3 - 1;
                        int q = 2 * col + k % 3 - 1;
                        if (r >= 0 && r < 7 && q >= 0 && q < 6) {
                            sum += w[(o * 2 + c) * 9 + k] * in[((n * 4 + o / 3 * 2 + c) * 7 + r) * 6 + q];
                        }
                    }
                }
                assertEquals(sum, out[i], 1e-5);
            }
        }
    }

    private static float[] values(Param param) {
        return Tensors.toFloats(param.value());
    }
}
