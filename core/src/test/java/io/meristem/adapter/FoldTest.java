package io.meristem.adapter;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.engine.Precision;
import io.meristem.engine.Tensors;
import io.meristem.execute.Network;
import io.meristem.op.BatchNormLayer;
import io.meristem.op.Init;
import io.meristem.zoo.Models;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Batch normalisation taken into the convolution before it: the same function and the same gradients of the adapters. */
class FoldTest {

    private static final double TOLERANCE = 1e-4;

    @ParameterizedTest
    @MethodSource("io.meristem.testing.Families#smallest")
    void foldedNetworksGiveTheSameLogitsAndGradients(String model) {
        long kept = Tensors.kept();
        try (Network network = new Network(Models.find(model), 4);
                PointerScope scope = new PointerScope()) {
            network.materialize(1);
            shakeNorms(network);
            Map<String, Integer> ranks = new LinkedHashMap<>();
            network.weightedLayers().keySet().forEach(name -> ranks.put(name, 2));
            Tensor x = torch.randn(2, 3, 64, 64);
            try (AdapterSet adapters = AdapterSet.attach(network, ranks, AdapterOptions.DEFAULT, 3)) {
                fillB(adapters);
                List<float[]> plain = logitsAndGradients(network, adapters, x);
                network.fold();
                List<float[]> folded = logitsAndGradients(network, adapters, x);
                network.unfold();
                for (int i = 0; i < plain.size(); i++) {
                    assertClose(plain.get(i), folded.get(i), model + " value " + i);
                }
                assertArrayEquals(
                        plain.get(0), logitsAndGradients(network, adapters, x).get(0));
            }
        }
        assertEquals(kept, Tensors.kept());
    }

    @Test
    void foldingLeavesParametersAsTheyAre() {
        try (Network network = new Network(Models.find("mobilenet_v2_035"), 4)) {
            network.materialize(1);
            shakeNorms(network);
            Map<String, float[]> before = new LinkedHashMap<>();
            network.params().forEach((name, param) -> before.put(name, Tensors.toFloats(param.value())));
            network.fold();
            network.params()
                    .forEach((name, param) ->
                            assertArrayEquals(before.get(name), Tensors.toFloats(param.value()), name));
        }
    }

    @Test
    void foldingForgetsWhatWasReadyForRunningUnfolded() {
        try (Network network = new Network(Models.find("mobilenet_v2_035"), 4);
                PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            network.materialize(1);
            shakeNorms(network);
            network.setPrecision(Precision.BF16);
            network.train(false);
            Tensor x = torch.randn(2, 3, 64, 64);
            network.fold();
            float[] expected = Tensors.toFloats(network.forward(x));
            network.unfold();
            network.forward(x);
            network.fold();
            assertArrayEquals(expected, Tensors.toFloats(network.forward(x)));
        }
    }

    private static void shakeNorms(Network network) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            for (Map.Entry<String, BatchNormLayer> norm : network.batchNorms().entrySet()) {
                Tensor mean = norm.getValue().runningMean().value();
                Init.normal(0.2)
                        .fill(mean, torch.make_generator_cpu(norm.getKey().hashCode()));
                Tensor var = norm.getValue().runningVar().value();
                Init.uniform(0.4)
                        .fill(var, torch.make_generator_cpu(norm.getKey().hashCode()));
                var.add_(new Scalar(1.0));
            }
        }
    }

    private static void fillB(AdapterSet adapters) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            adapters.adapters().forEach((name, adapter) -> Init.normal(0.02)
                    .fill(adapter.b(), torch.make_generator_cpu(name.hashCode())));
        }
    }

    private static List<float[]> logitsAndGradients(Network network, AdapterSet adapters, Tensor x) {
        network.train(false);
        List<float[]> values = new ArrayList<>();
        try (PointerScope scope = new PointerScope()) {
            Tensor logits = network.forward(x);
            logits.mul(logits).sum().backward();
            values.add(Tensors.toFloats(logits));
            for (Tensor parameter : adapters.parameters()) {
                values.add(Tensors.toFloats(parameter.grad()));
                parameter.mutable_grad().reset();
            }
        }
        return values;
    }

    private static void assertClose(float[] expected, float[] actual, String what) {
        double scale = 0;
        double difference = 0;
        for (int i = 0; i < expected.length; i++) {
            scale = Math.max(scale, Math.abs(expected[i]));
            difference = Math.max(difference, Math.abs(expected[i] - actual[i]));
        }
        assertTrue(difference <= TOLERANCE * scale + 1e-9, what + ": " + difference + " of " + scale);
    }
}
