package io.meristem.rank;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.adapter.AdapterOptions;
import io.meristem.adapter.AdapterSet;
import io.meristem.adapter.LoraInit;
import io.meristem.adapter.LoraScaling;
import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import io.meristem.execute.LabelledFeed;
import io.meristem.execute.Network;
import io.meristem.zoo.Models;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Directions of a gradient, and adapters that start along them. */
class GradientDirectionsTest {

    @BeforeAll
    static void start() {
        Engine.start(1);
        Engine.seed(3);
    }

    /** A matrix with known singular values: right singular vectors come out in order, and those of zero do not. */
    @Test
    void theyAreTheLeadingRightSingularVectors() {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            for (int[] shape : new int[][] {{20, 8}, {8, 20}, {700, 600}, {600, 700}}) {
                Tensor u = Tensors.own(torch.linalg_qr(torch.randn(shape[0], 4)).get0());
                Tensor v = Tensors.own(torch.linalg_qr(torch.randn(shape[1], 4)).get0());
                Tensor values = Tensors.of(new float[] {4, 3, 2, 0}, 4);
                Tensor found = GradientDirections.leading(u.mul(values).matmul(v.t()), 6, "layer");
                assertArrayEquals(new long[] {3, shape[1]}, found.shape());
                Tensor overlap = found.matmul(v).abs(); // (3, 4)
                assertClose(torch.eye(3, 4), overlap, 1e-3);
            }
            assertEquals(
                    0, GradientDirections.leading(torch.zeros(5, 7), 2, "layer").size(0));
        }
    }

    private static void assertClose(Tensor expected, Tensor found, double tolerance) {
        double worst = expected.sub(found).abs().max().item_double();
        assertTrue(worst < tolerance, "off by " + worst);
    }

    /** At the start the function is unchanged, rows are orthonormal, and one step of B moves the weight along the gradient as far as the rank allows. */
    @Test
    void adaptersStartAlongThem() {
        long kept = Tensors.kept();
        try (Network network = new Network(Models.find("mobilenet_v2_035"), 3);
                PointerScope scope = new PointerScope()) {
            network.materialize(1);
            network.train(false);
            Tensor x = Tensors.channelsLast(torch.randn(6, 3, 32, 32));
            Tensor labels = Tensors.of(new long[] {0, 1, 2, 0, 1, 2});
            LabelledFeed photos = consumer -> consumer.accept(x, labels);
            float[] before = Tensors.toFloats(network.forward(x));
            Map<String, Integer> ranks = new LinkedHashMap<>();
            network.weightedLayers().keySet().forEach(name -> ranks.put(name, 12));
            Map<String, Tensor> directions = GradientDirections.of(network, network.weightedLayers(), ranks, photos);
            for (LoraInit init : new LoraInit[] {LoraInit.GRADIENT, LoraInit.ORTHOGONAL}) {
                AdapterOptions options = new AdapterOptions(0, LoraScaling.BY_RANK, 0, init);
                Map<String, Tensor> along = init == LoraInit.GRADIENT ? directions : Map.of();
                try (AdapterSet adapters = AdapterSet.attach(network, ranks, options, 1, along)) {
                    assertArrayEquals(before, Tensors.toFloats(network.forward(x)), 1e-6f, init.name());
                    adapters.adapters().forEach((name, adapter) -> {
                        try (PointerScope inner = new PointerScope();
                                NoGradGuard guard = new NoGradGuard()) {
                            long span = Math.min(12, adapter.a().size(1));
                            Tensor rows = adapter.a().narrow(0, 0, span);
                            assertClose(torch.eye(span), rows.matmul(rows.t()), 1e-4);
                            Tensor wanted = along.get(name);
                            if (wanted != null) {
                                assertClose(wanted, rows.narrow(0, 0, wanted.size(0)), 1e-6);
                            }
                        }
                    });
                }
            }
            assertEquals(network.weightedLayers().keySet(), directions.keySet());
        }
        assertEquals(kept, Tensors.kept());
    }
}
