package io.meristem.execute;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.engine.Engine;
import io.meristem.engine.Precision;
import io.meristem.engine.Tensors;
import io.meristem.op.BatchNormLayer;
import io.meristem.op.Normalisation;
import io.meristem.testing.Families;
import io.meristem.testing.TinyNetworks;
import io.meristem.zoo.Models;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Our gradients against the engine's automatic differentiation of the same forward pass. */
class ExecutionTest {

    private static final int CLASSES = 4;

    /** Relative to the largest gradient of a tensor; float32 through some fifty layers. */
    private static final double CLOSE = 1e-4;

    /** Relative to the largest gradient of all: what should cancel to zero, as a bias before a normalisation of the batch, is noise of this size. */
    private static final double NOISE = 1e-6;

    @BeforeAll
    static void oneThread() {
        Engine.start(1);
    }

    @AfterAll
    static void allThreads() {
        Engine.start(0);
    }

    private enum State {
        FROZEN,
        TRACKING,
        FOLDED,
        /** Biases of normalisation train, and nothing else. */
        BIASES,
        FOLDED_BIASES,
        /** Scales of normalisation train, too. */
        FOLDED_AFFINE;

        boolean folded() {
            return name().startsWith("FOLDED");
        }

        boolean trains(String parameter, Network network) {
            Normalisation norm = network.normalisations().get(parameter.replaceFirst("\\.[^.]*$", ""));
            return switch (this) {
                case FROZEN, TRACKING -> true;
                case FOLDED -> false;
                case BIASES, FOLDED_BIASES -> norm != null && parameter.endsWith(".bias");
                case FOLDED_AFFINE -> norm != null;
            };
        }
    }

    /** A large ConvNeXt has linear maps in place of pointwise convolutions. */
    static Stream<String> models() {
        return Stream.concat(Families.smallest(), Stream.of("convnext_tiny"));
    }

    @ParameterizedTest
    @MethodSource("models")
    void gradientsAreTheEngines(String model) {
        for (State state : State.values()) {
            for (boolean checkpointing : new boolean[] {false, true}) {
                compare(model, state, checkpointing);
            }
        }
    }

    private static void compare(String model, State state, boolean checkpointing) {
        long kept = Tensors.kept();
        try (PointerScope scope = new PointerScope();
                Network network = new Network(Models.find(model), CLASSES).materialize(3)) {
            SharedNumbers.fill(network);
            network.params().forEach((name, param) -> param.value()
                    .requires_grad_(!param.isBuffer() && state.trains(name, network)));
            network.batchNorms()
                    .values()
                    .forEach(norm -> norm.setMode(
                            state == State.TRACKING ? BatchNormLayer.Mode.TRACK : BatchNormLayer.Mode.FROZEN));
            if (state.folded()) {
                network.fold();
            }
            Tensor x = Tensors.channelsLast(SharedNumbers.tensor("input", -1, 1, 2, 3, 64, 64));
            Tensor weights = SharedNumbers.tensor("coefficients", -1, 1, 2, CLASSES);
            Tensor leaf = x.clone().requires_grad_(true);
            Tensor logits = network.forward(leaf);
            logits.mul(weights).sum().backward();
            Map<String, float[]> expected = gradients(network, leaf.grad());
            float[] output = Tensors.toFloats(logits);
            String what = model + ", " + state + (checkpointing ? ", checkpointing" : "");
            try (NoGradGuard guard = new NoGradGuard();
                    Execution run = network.recorded(true, checkpointing)) {
                Tensor recorded = run.forward(x);
                assertClose(output, Tensors.toFloats(recorded), 0, what + ": logits");
                Map<String, float[]> found = gradients(network, run.backward(weights));
                assertEquals(expected.keySet(), found.keySet(), what);
                double most = expected.values().stream()
                        .mapToDouble(ExecutionTest::largest)
                        .max()
                        .orElseThrow();
                expected.forEach(
                        (name, gradient) -> assertClose(gradient, found.get(name), NOISE * most, what + ": " + name));
            }
        }
        assertEquals(kept, Tensors.kept(), model + " leaks");
    }

    /** Of the input and of all parameters that have one; they are cleared. */
    static Map<String, float[]> gradients(Network network, Tensor ofInput) {
        Map<String, float[]> all = new LinkedHashMap<>();
        all.put("the input", Tensors.toFloats(ofInput));
        network.params().forEach((name, param) -> {
            if (param.value().grad().defined()) {
                all.put(name, Tensors.toFloats(param.value().grad()));
                param.value().mutable_grad().reset();
            }
        });
        return all;
    }

    @Test
    void nothingIsRecordedBelowTheFirstLayerThatTrains() {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard();
                Network network = TinyNetworks.normed().materialize(1);
                Execution run = network.recorded(false, false)) {
            long kept = Tensors.kept();
            run.forward(torch.randn(2, 3, 16, 16));
            assertEquals(kept, Tensors.kept(), "a network in which nothing trains kept something");
            network.head().weight().value().requires_grad_(true);
            run.forward(torch.randn(2, 3, 16, 16));
            assertTrue(Tensors.kept() <= kept + 2, "more was saved than the head's input and weight");
            assertNull(run.backward(torch.ones(2, TinyNetworks.CLASSES)));
            assertTrue(network.head().weight().value().grad().defined());
            assertEquals(kept, Tensors.kept());
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void bf16StaysCloseAndGradientsStayFloat(String model) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard();
                Network network = new Network(Models.find(model), CLASSES).materialize(3)) {
            SharedNumbers.fill(network);
            network.params().values().stream().filter(p -> !p.isBuffer()).forEach(p -> p.value()
                    .requires_grad_(true));
            Tensor x = Tensors.channelsLast(SharedNumbers.tensor("input", -1, 1, 2, 3, 64, 64));
            float[] exact = Tensors.toFloats(network.forward(x));
            network.setPrecision(Precision.BF16);
            try (Execution run = network.recorded(false, false)) {
                Tensor logits = run.forward(x);
                float[] rounded = Tensors.toFloats(logits);
                double scale = 0;
                double error = 0;
                for (int i = 0; i < exact.length; i++) {
                    scale = Math.max(scale, Math.abs(exact[i]));
                    error = Math.max(error, Math.abs(exact[i] - rounded[i]));
                }
                assertTrue(error < 0.1 * scale, model + ": " + error + " of " + scale);
                run.backward(torch.ones(2, CLASSES));
            }
            network.params().forEach((name, param) -> {
                if (!param.isBuffer()) {
                    assertTrue(param.value().grad().defined(), name);
                    assertEquals(
                            torch.ScalarType.Float,
                            param.value().grad().scalar_type().intern(),
                            name);
                }
            });
        }
    }

    private static double largest(float[] values) {
        double most = 0;
        for (float value : values) {
            most = Math.max(most, Math.abs(value));
        }
        return most;
    }

    private static void assertClose(float[] expected, float[] found, double noise, String what) {
        assertEquals(expected.length, found.length, what);
        double scale = largest(expected);
        double worst = 0;
        for (int i = 0; i < expected.length; i++) {
            worst = Math.max(worst, Math.abs(expected[i] - found[i]));
        }
        assertTrue(worst <= CLOSE * scale + noise, what + " is off by " + worst + " of " + scale);
    }
}
