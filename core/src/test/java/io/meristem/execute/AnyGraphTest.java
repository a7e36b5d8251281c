package io.meristem.execute;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.engine.Engine;
import io.meristem.engine.Precision;
import io.meristem.engine.Tensors;
import io.meristem.graph.GraphBuilder;
import io.meristem.graph.Node;
import io.meristem.op.Activation;
import io.meristem.op.Add;
import io.meristem.op.AddScaled;
import io.meristem.op.Attention;
import io.meristem.op.BatchNorm;
import io.meristem.op.ChannelShuffle;
import io.meristem.op.ChannelSlice;
import io.meristem.op.Channels;
import io.meristem.op.Concat;
import io.meristem.op.Conv2d;
import io.meristem.op.Gate;
import io.meristem.op.GlobalPool;
import io.meristem.op.GridMeans;
import io.meristem.op.Init;
import io.meristem.op.LayerNorm;
import io.meristem.op.Linear;
import io.meristem.op.MaxPool;
import io.meristem.op.Mean;
import io.meristem.op.Padding;
import io.meristem.op.Window;
import io.meristem.testing.TinyNetworks;
import java.util.Map;
import java.util.function.Predicate;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Graphs that are no chains of residual blocks: our gradients are those of the engine's own differentiation, whatever trains, with and without checkpointing. */
public class AnyGraphTest {

    private static final double CLOSE = 1e-5;

    @BeforeAll
    static void oneThread() {
        Engine.start(1);
    }

    @AfterAll
    static void allThreads() {
        Engine.start(0);
    }

    @SuppressWarnings("ImmutableEnumChecker")
    public enum Kind {
        /** A value that three read, one of them twice, in blocks. */
        SHARED((b, classes) -> {
            Node x = b.add("stem", new Conv2d(3, 8, 3, 2, 1, 1, true), b.input());
            Node y = b.block(() -> {
                Node a = b.add(Activation.RELU, b.add("a", new Conv2d(8, 8, 3, 1, 1, 1, false), x));
                Node c = b.add(Activation.RELU6, b.add("b", new Conv2d(8, 8, 1, 1, 0, 1, true), x));
                return b.add(new Add(), b.add(new Add(), a, c), b.add(new Add(), x, x));
            });
            return head(b, b.add(Activation.GELU, y), 8, classes);
        }),
        /** Each layer reads all before it. */
        DENSE((b, classes) -> {
            Node x = b.add("stem", new Conv2d(3, 6, 3, 2, 1, 1, false), b.input());
            int channels = 6;
            for (int i = 0; i < 3; i++) {
                Node y = b.add(Activation.RELU, b.add("n" + i, new BatchNorm(channels), x));
                y = b.add("c" + i, new Conv2d(channels, 4, 3, 1, 1, 1, false), y);
                x = b.add(new Concat(), x, y);
                channels += 4;
            }
            return head(b, b.add(new MaxPool(2, 2, 0), x), channels, classes);
        }),
        /** Paths of different length beside each other, pooled to a grid that does not divide them. */
        BRANCHES((b, classes) -> {
            Node x = b.add(Activation.RELU, b.add("stem", new Conv2d(3, 8, 3, 1, 1, 1, true), b.input()));
            Node short1 = b.add(Activation.SIGMOID, b.add("short", new Conv2d(8, 4, 1, 1, 0, 1, true), x));
            Node long1 = b.add("long1", new Conv2d(8, 6, 3, 1, 1, 2, true), x);
            Node long2 = b.add("long2", new Conv2d(6, 6, 3, 1, 1, 6, true), b.add(Activation.GELU, long1));
            Node all = b.add(new GridMeans(5), b.add(new Concat(), short1, long2, long1));
            return head(b, all, 16, classes);
        }),
        /** Parts of a value: overlapping, one of them not used further, shuffled; and a pooling with padding. */
        SHUFFLED((b, classes) -> {
            Node x = b.add("stem", new Conv2d(3, 12, 3, 1, 1, 1, true), b.input());
            x = b.add(Activation.RELU, b.add(new MaxPool(3, 2, 1), x));
            Node middle = b.add(new ChannelSlice(2, 8), x);
            Node end = b.add("end", new Conv2d(6, 6, 3, 1, 1, 6, true), b.add(new ChannelSlice(6, 12), x));
            Node y = b.add(new ChannelShuffle(3), b.add(new Concat(), middle, end));
            y = b.add(Activation.RELU6, b.add(new ChannelSlice(0, 8), y));
            return head(b, b.add(new ChannelShuffle(2), y), 8, classes);
        }),
        /** Kernels and padding that are not the same on all sides, and poolings that reach beyond the border. */
        LOPSIDED((b, classes) -> {
            Node stem = b.add("stem", new Conv2d(3, 8, Window.same(3, 2), 1, true), b.input()); // of 16 x 24
            Node x = b.add("norm", new BatchNorm(8, 1e-3), b.add(Activation.RELU6, stem));
            Node y = b.block(() -> {
                Node wide = b.add("wide", new Conv2d(8, 6, Window.centred(1, 7), 1, false), x);
                Node high = b.add("high", new Conv2d(6, 8, Window.centred(5, 1), 2, false), wide);
                return b.add("depthwise", new Conv2d(8, 8, Window.same(5, 2), 8, false), b.add(Activation.GELU, high));
            });
            y = b.add(new MaxPool(new Window(2, 3, 1, new Padding.Fixed(0, 1, 1, 0)), false), y);
            return head(b, b.add(new MaxPool(Window.square(3, 2, 0), true), y), 8, classes);
        }),
        /** Gates, one of them of a value that nothing else reads, and scales. */
        GATES((b, classes) -> {
            Node scale = b.parameter("scale", Init.normal(1), 8);
            Node x = b.add("stem", new Conv2d(3, 8, 3, 2, 1, 1, true), b.input());
            Node gate =
                    b.add(Activation.SIGMOID, b.add("gate", new Conv2d(8, 8, 1, 1, 0, 1, true), b.add(new Mean(), x)));
            Node y = b.add(new Gate(), b.add("other", new Conv2d(8, 8, 3, 1, 1, 1, true), x), gate);
            y = b.add(new AddScaled(), x, b.add(new Gate(), y, gate), scale);
            return head(b, y, 8, classes);
        }),
        /** A transformer's block on a map. */
        ATTENTION((b, classes) -> {
            Node x = b.add(Channels.LAST, b.add("patches", new Conv2d(3, 12, 4, 4, 0, 1, true), b.input()));
            Node y = b.block(() -> {
                Node qkv = b.add("qkv", new Linear(12, 36, true), b.add("norm1", new LayerNorm(12, 1e-6), x));
                Node z = b.add(new Add(), b.add("proj", new Linear(12, 12, true), b.add(new Attention(3), qkv)), x);
                Node hidden = b.add("fc1", new Linear(12, 24, true), b.add("norm2", new LayerNorm(12, 1e-6), z));
                return b.add(new Add(), b.add("fc2", new Linear(24, 12, true), b.add(Activation.GELU, hidden)), z);
            });
            return head(b, b.add(Channels.FIRST, y), 12, classes);
        });

        public final GraphBuilder.Definition definition;

        Kind(GraphBuilder.Definition definition) {
            this.definition = definition;
        }
    }

    private static Node head(GraphBuilder b, Node x, int channels, int classes) {
        return b.add("head", new Linear(channels, classes, true), b.add(new GlobalPool(), x));
    }

    @ParameterizedTest
    @EnumSource
    void gradientsAreTheEngines(Kind kind) {
        compare(kind, "all", name -> true);
        compare(kind, "biases", name -> name.endsWith("bias"));
        compare(kind, "every other", name -> name.hashCode() % 2 == 0);
        compare(kind, "the head", name -> name.startsWith("head"));
    }

    private static void compare(Kind kind, String what, Predicate<String> trains) {
        long kept = Tensors.kept();
        try (PointerScope scope = new PointerScope();
                Network network = TinyNetworks.of("head", kind.definition).materialize(3)) {
            SharedNumbers.fill(network);
            network.params()
                    .forEach((name, param) -> param.value().requires_grad_(!param.isBuffer() && trains.test(name)));
            Tensor x = Tensors.channelsLast(SharedNumbers.tensor("input", -1, 1, 2, 3, 16, 24));
            Tensor weights = SharedNumbers.tensor("coefficients", -1, 1, 2, TinyNetworks.CLASSES);
            Tensor leaf = x.clone().requires_grad_(true);
            Tensor logits = network.forward(leaf);
            logits.mul(weights).sum().backward();
            Map<String, float[]> expected = ExecutionTest.gradients(network, leaf.grad());
            for (boolean folded : new boolean[] {false, true}) {
                for (boolean checkpointing : new boolean[] {false, true}) {
                    if (folded) {
                        network.fold();
                    }
                    String title = kind + ", " + what + (checkpointing ? ", checkpointing" : "");
                    try (NoGradGuard guard = new NoGradGuard();
                            Execution run = network.recorded(true, checkpointing)) {
                        assertClose(Tensors.toFloats(logits), Tensors.toFloats(run.forward(x)), title + ": logits");
                        Map<String, float[]> found = ExecutionTest.gradients(network, run.backward(weights));
                        assertEquals(expected.keySet(), found.keySet(), title);
                        expected.forEach((name, g) -> assertClose(g, found.get(name), title + ": " + name));
                    }
                    try (NoGradGuard guard = new NoGradGuard();
                            Execution run = network.recorded(false, checkpointing)) {
                        run.forward(x);
                        assertNull(run.backward(weights), "nobody asked for the photos' gradient");
                        Map<String, float[]> found = ExecutionTest.gradients(network, leaf.grad());
                        expected.forEach((name, g) -> assertClose(g, found.get(name), title + ": " + name));
                    }
                }
            }
            network.unfold();
        }
        assertEquals(kept, Tensors.kept(), kind + " leaks");
    }

    /** A convolution's own bias trains though the normalisation behind it is taken in, alone and with the others. */
    @ParameterizedTest
    @ValueSource(strings = {"layer.bias", ".*bias", "(layer|norm|head).bias|norm.weight"})
    void aBiasBeforeAFoldedNormTrains(String trains) {
        GraphBuilder.Definition definition = (b, classes) -> {
            Node x = b.add("layer", new Conv2d(3, 8, 3, 1, 1, 1, true), b.input());
            return head(b, b.add(Activation.RELU, b.add("norm", new BatchNorm(8), x)), 8, classes);
        };
        try (PointerScope scope = new PointerScope();
                Network network = TinyNetworks.of("head", definition).materialize(3)) {
            SharedNumbers.fill(network);
            network.params()
                    .forEach((name, param) -> param.value().requires_grad_(!param.isBuffer() && name.matches(trains)));
            Tensor x = Tensors.channelsLast(SharedNumbers.tensor("input", -1, 1, 2, 3, 16, 24));
            Tensor weights = SharedNumbers.tensor("coefficients", -1, 1, 2, TinyNetworks.CLASSES);
            Tensor leaf = x.clone().requires_grad_(true);
            Tensor logits = network.forward(leaf);
            logits.mul(weights).sum().backward();
            Map<String, float[]> expected = ExecutionTest.gradients(network, leaf.grad());
            network.fold();
            try (NoGradGuard guard = new NoGradGuard();
                    Execution run = network.recorded(true, false)) {
                assertClose(Tensors.toFloats(logits), Tensors.toFloats(run.forward(x)), "logits");
                Map<String, float[]> found = ExecutionTest.gradients(network, run.backward(weights));
                assertEquals(expected.keySet(), found.keySet());
                expected.forEach((name, g) -> assertClose(g, found.get(name), name));
            }
        }
    }

    private static void assertClose(float[] expected, float[] found, String what) {
        float scale = 0;
        for (float value : expected) {
            scale = Math.max(scale, Math.abs(value));
        }
        assertArrayEquals(expected, found, (float) (CLOSE * scale + 1e-6), what);
    }

    @ParameterizedTest
    @EnumSource
    void bf16StaysClose(Kind kind) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard();
                Network network = TinyNetworks.of("head", kind.definition).materialize(3)) {
            SharedNumbers.fill(network);
            network.params().values().stream().filter(p -> !p.isBuffer()).forEach(p -> p.value()
                    .requires_grad_(true));
            Tensor x = Tensors.channelsLast(SharedNumbers.tensor("input", -1, 1, 2, 3, 16, 24));
            float[] exact = Tensors.toFloats(network.forward(x));
            network.setPrecision(Precision.BF16);
            try (Execution run = network.recorded(false, true)) {
                float[] rounded = Tensors.toFloats(run.forward(x));
                float scale = 0;
                for (float value : exact) {
                    scale = Math.max(scale, Math.abs(value));
                }
                assertArrayEquals(exact, rounded, 0.1f * scale, kind.name());
                run.backward(SharedNumbers.tensor("coefficients", -1, 1, 2, TinyNetworks.CLASSES));
            }
            network.params()
                    .forEach((name, param) ->
                            assertEquals(!param.isBuffer(), param.value().grad().defined(), name));
        }
    }

    /** The values of a run for evaluation take no more memory than two neighbours at a time, though the chain is long. */
    @Test
    void evaluationKeepsNothing() {
        GraphBuilder.Definition chain = (b, classes) -> {
            Node x = b.add("stem", new Conv2d(3, 8, 3, 1, 1, 1, true), b.input());
            for (int i = 0; i < 10; i++) {
                x = b.add(Activation.RELU, b.add("c" + i, new Conv2d(8, 8, 3, 1, 1, 1, true), x));
            }
            return head(b, x, 8, classes);
        };
        long kept = Tensors.kept();
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard();
                Network network = TinyNetworks.of("head", chain).materialize(1)) {
            long params = network.params().size();
            long[] most = {0};
            network.weightedLayers()
                    .values()
                    .forEach(layer -> layer.setObserver(
                            (self, x, y) -> most[0] = Math.max(most[0], Tensors.kept() - kept - params)));
            network.forward(SharedNumbers.tensor("input", -1, 1, 1, 3, 8, 8));
            assertTrue(most[0] <= 2, most[0] + " values were held at once");
            assertEquals(kept + params, Tensors.kept());
        }
    }
}
