package io.meristem.zoo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.InputException;
import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import io.meristem.execute.Network;
import io.meristem.op.BatchNormLayer;
import java.io.File;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AdamW;
import org.bytedeco.pytorch.AdamWOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ModelsTest {

    /** One thread: networks this small gain nothing from more, and lose much on a machine that has other work. */
    @BeforeAll
    static void useOneThread() {
        Engine.start(1);
    }

    @AfterAll
    static void useAllThreads() {
        Engine.start(0);
    }

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

    @ParameterizedTest
    @MethodSource("io.meristem.testing.Families#smallest")
    void runsAtItsSmallestInputAndGivesEveryParameterAGradient(String name) {
        long before = Tensors.kept();
        try (PointerScope scope = new PointerScope();
                Network network = trainable(name, 7)) {
            int side = network.spec().minSize();
            Tensor logits = network.forward(Tensors.channelsLast(torch.randn(4, 3, side, side)));
            assertArrayEquals(new long[] {4, 7}, logits.shape());
            logits.square().sum().backward();
            network.params().forEach((key, param) -> {
                assertEquals(!param.isBuffer(), param.value().grad().defined(), key);
            });
        }
        assertEquals(before, Tensors.kept());
    }

    @ParameterizedTest
    @MethodSource("io.meristem.testing.Families#light")
    void learnsFromScratch(String name) {
        Engine.seed(3);
        try (PointerScope scope = new PointerScope();
                Network network = trainable(name, 2)) {
            TensorVector tensors = new TensorVector();
            network.params().values().stream().filter(p -> !p.isBuffer()).forEach(p -> tensors.push_back(p.value()));
            AdamW optimizer = new AdamW(tensors, new AdamWOptions(1e-3));
            Tensor x = Tensors.channelsLast(torch.randn(8, 3, 32, 32));
            Tensor labels = Tensors.of(new long[] {0, 1, 0, 1, 0, 1, 0, 1});
            double first = 0;
            double last = 0;
            for (int step = 0; step < 12; step++) {
                try (PointerScope inner = new PointerScope()) {
                    Tensor loss = torch.cross_entropy_loss(network.forward(x), labels);
                    optimizer.zero_grad(true);
                    loss.backward();
                    optimizer.step();
                    last = loss.item_double();
                    first = step == 0 ? last : first;
                }
            }
            assertTrue(last < 0.8 * first, first + " to " + last);
        }
    }

    /** In a JVM of its own that says which classes it loads: {@code Loader} is what brings in the native libraries. */
    @Test
    void definesEveryNetworkWithoutStartingTheEngine() throws Exception {
        String classPath = Stream.of(Models.class, DefineEveryNetwork.class, Tensor.class, Pointer.class)
                .map(ModelsTest::location)
                .collect(Collectors.joining(File.pathSeparator));
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xlog:class+load",
                        "-cp",
                        classPath,
                        DefineEveryNetwork.class.getName())
                .redirectErrorStream(true)
                .start();
        List<String> output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .toList();
        assertEquals(0, process.waitFor(), String.join("\n", output));
        assertTrue(output.contains(Models.all().size() + " networks"));
        assertTrue(output.stream().anyMatch(line -> line.contains("io.meristem.execute.Network ")));
        assertFalse(output.stream().anyMatch(line -> line.contains("org.bytedeco.javacpp.Loader ")));
    }

    private static Network trainable(String name, int classes) {
        Network network = new Network(Models.find(name), classes).materialize(1);
        network.train(true);
        network.batchNorms().values().forEach(norm -> norm.setMode(BatchNormLayer.Mode.TRACK));
        network.params().values().forEach(param -> param.value().requires_grad_(!param.isBuffer()));
        return network;
    }

    private static String location(Class<?> type) {
        return Path.of(URI.create(
                        type.getProtectionDomain().getCodeSource().getLocation().toString()))
                .toString();
    }
}
