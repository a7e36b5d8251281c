package io.meristem.adapter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import io.meristem.execute.Execution;
import io.meristem.execute.Network;
import io.meristem.op.Init;
import io.meristem.zoo.Models;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Scales and shifts of normalisation that train beside adapters: with the normalisation folded, in every form, from our own backward pass, the gradients are those that the
 * engine finds in the network as it is defined.
 */
class TrainedNormTest {

    private static final double TOLERANCE = 2e-4;

    @BeforeAll
    static void oneThread() {
        Engine.start(1);
    }

    @AfterAll
    static void allThreads() {
        Engine.start(0);
    }

    @ParameterizedTest
    @CsvSource({
        "mobilenet_v2_035, false",
        "mobilenet_v2_035, true",
        "regnety_002, false",
        "regnety_002, true",
        "convnext_atto, true"
    })
    void gradientsAreTheEngines(String model, boolean scales) {
        long kept = Tensors.kept();
        try (Network network = new Network(Models.find(model), 4);
                PointerScope scope = new PointerScope()) {
            network.materialize(1);
            shake(network);
            Engine.seed(5);
            network.normalisations().values().forEach(norm -> {
                norm.bias().value().requires_grad_(true);
                norm.weight().value().requires_grad_(scales);
            });
            Map<String, Integer> ranks = new LinkedHashMap<>();
            network.weightedLayers().keySet().forEach(name -> ranks.put(name, ranks.size() % 5 == 4 ? 0 : 2));
            Tensor x = Tensors.channelsLast(torch.randn(2, 3, 64, 64));
            Tensor ofLogits = torch.randn(2, 4);
            try (AdapterSet adapters = AdapterSet.attach(network, ranks, AdapterOptions.DEFAULT, 3)) {
                fillB(adapters);
                network.train(false);
                network.forward(x).mul(ofLogits).sum().backward();
                Map<String, float[]> expected = gradients(network, adapters);
                for (AdapterForm form : AdapterForm.values()) {
                    adapters.adapters().values().forEach(adapter -> adapter.use(form));
                    network.fold();
                    try (NoGradGuard guard = new NoGradGuard();
                            Execution run = network.recorded(false, false)) {
                        run.forward(x);
                        run.backward(ofLogits);
                    }
                    network.unfold();
                    Map<String, float[]> found = gradients(network, adapters);
                    assertEquals(expected.keySet(), found.keySet());
                    expected.forEach(
                            (name, values) -> assertClose(values, found.get(name), model + ", " + form + ": " + name));
                }
            }
        }
        assertEquals(kept, Tensors.kept());
    }

    private static void shake(Network network) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            network.params().forEach((name, param) -> {
                Tensor value = param.value();
                if (name.endsWith("running_var") || value.dim() == 1 && name.endsWith("weight")) {
                    Init.uniform(0.4).fill(value, torch.make_generator_cpu(name.hashCode()));
                    value.add_(new Scalar(1.0));
                } else if (value.dim() == 1) {
                    Init.normal(0.2).fill(value, torch.make_generator_cpu(name.hashCode()));
                }
            });
            // A channel that says nothing yet: its scale cannot be divided by.
            network.batchNorms().values().stream()
                    .limit(3)
                    .forEach(norm -> norm.weight().value().narrow(0, 0, 1).zero_());
        }
    }

    private static void fillB(AdapterSet adapters) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            adapters.adapters().forEach((name, adapter) -> Init.normal(0.1)
                    .fill(adapter.b(), torch.make_generator_cpu(name.hashCode())));
        }
    }

    /** They are cleared. */
    private static Map<String, float[]> gradients(Network network, AdapterSet adapters) {
        Map<String, Tensor> all = new LinkedHashMap<>();
        network.params().forEach((name, param) -> all.put(name, param.value()));
        adapters.adapters().forEach((name, adapter) -> {
            all.put(name + ".A", adapter.a());
            all.put(name + ".B", adapter.b());
        });
        Map<String, float[]> gradients = new LinkedHashMap<>();
        all.forEach((name, tensor) -> {
            if (tensor.grad().defined()) {
                gradients.put(name, Tensors.toFloats(tensor.grad()));
                tensor.mutable_grad().reset();
            }
        });
        return gradients;
    }

    private static void assertClose(float[] expected, float[] actual, String what) {
        double scale = 0;
        double difference = 0;
        for (int i = 0; i < expected.length; i++) {
            scale = Math.max(scale, Math.abs(expected[i]));
            difference = Math.max(difference, Math.abs(expected[i] - actual[i]));
        }
        assertTrue(difference <= TOLERANCE * scale + 1e-7, what + ": " + difference + " of " + scale);
    }
}
