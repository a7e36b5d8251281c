package io.meristem.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.InputException;
import io.meristem.engine.Tensors;
import io.meristem.execute.Network;
import io.meristem.zoo.ModelSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WeightLoaderTest {

    private static final ModelSpec WIDE = Tiny.spec("tiny_wide", "stem.conv", 8);
    private static final ModelSpec NARROW = Tiny.spec("tiny_narrow", "stem.conv", 4);
    private static final ModelSpec OTHER = Tiny.spec("other", "features.0", 8);
    private static final List<ModelSpec> ALL = List.of(NARROW, WIDE, OTHER);

    @TempDir
    Path dir;

    private PointerScope scope;
    private final Network source = new Network(WIDE, 5);

    @BeforeEach
    void open() {
        scope = new PointerScope();
        source.materialize(1);
    }

    @AfterEach
    void close() {
        source.close();
        scope.close();
    }

    @Test
    void keepsAFreshHeadForFineTuning() throws IOException {
        Path path = save(tensors());
        try (Network network = new Network(WIDE, 3).materialize(2);
                TensorFile file = TensorFile.open(path)) {
            float[] head = values(network, "head.fc.weight");
            LoadReport report = WeightLoader.load(file, network, WeightLoader.Options.fineTuning(ALL));
            assertTrue(report.replacedHead());
            assertEquals(
                    List.of(
                            "stem.conv.weight",
                            "stem.conv.bias",
                            "norm.weight",
                            "norm.bias",
                            "norm.running_mean",
                            "norm.running_var"),
                    report.loaded());
            assertEquals(2, report.misshaped().size());
            assertEquals(
                    new LoadReport.Misshaped("head.fc.weight", List.of(5L, 8L), List.of(3L, 8L)),
                    report.misshaped().get(0));
            assertArrayEquals(values(source, "stem.conv.weight"), values(network, "stem.conv.weight"));
            assertArrayEquals(head, values(network, "head.fc.weight"));
        }
        try (Network same = new Network(WIDE, 5).materialize(2);
                TensorFile file = TensorFile.open(path)) {
            float[] head = values(same, "head.fc.weight");
            assertTrue(WeightLoader.load(file, same, WeightLoader.Options.fineTuning(ALL))
                    .replacedHead());
            assertArrayEquals(head, values(same, "head.fc.weight"), "fresh although it would fit");
        }
    }

    @Test
    void loadsTheHeadWhenAsked() throws IOException {
        Path path = save(tensors());
        try (Network network = new Network(WIDE, 5).materialize(2);
                TensorFile file = TensorFile.open(path)) {
            LoadReport report = WeightLoader.load(file, network, WeightLoader.Options.finished(ALL));
            assertFalse(report.replacedHead());
            assertEquals(8, report.loaded().size());
            assertArrayEquals(values(source, "head.fc.bias"), values(network, "head.fc.bias"));
        }
        try (Network network = new Network(WIDE, 4).materialize(2);
                TensorFile file = TensorFile.open(path)) {
            LoadReport report =
                    WeightLoader.load(file, network, new WeightLoader.Options(WeightLoader.Head.IF_IT_FITS, ALL));
            assertTrue(report.replacedHead());
            assertTrue(
                    report.notes().get(0).contains("starts afresh"),
                    report.notes().get(0));
            String message = refuse(file, network, WeightLoader.Options.finished(ALL));
            assertTrue(message.contains("2 tensors have another shape"), message);
            assertTrue(message.contains("[5, 8] in the file, [4, 8] in the network"), message);
        }
    }

    @Test
    void takesHalfPrecisionCountersWrappersAndExtras() throws IOException {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        tensors().forEach((name, tensor) -> tensors.put("module._orig_mod." + name, tensor.to(ScalarType.Half)));
        tensors.put("module.norm.num_batches_tracked", Tensors.of(new long[] {7}));
        tensors.put("module.extra.weight", torch.ones(2));
        try (Network network = new Network(WIDE, 5).materialize(2);
                TensorFile file = TensorFile.open(save(tensors))) {
            LoadReport report = WeightLoader.load(file, network, WeightLoader.Options.finished(ALL));
            assertEquals(List.of("module.extra.weight"), report.unexpected());
            assertTrue(report.notes().get(0).contains("module.extra.weight"));
            assertArrayEquals(values(source, "stem.conv.weight"), values(network, "stem.conv.weight"), 1e-3f);
        }
    }

    @Test
    void namesTheNetworkThatTheFileIsOf() throws IOException {
        Path path = save(tensors());
        try (TensorFile file = TensorFile.open(path);
                Network other = new Network(OTHER, 5).materialize(2);
                Network narrow = new Network(NARROW, 5).materialize(2);
                Network unlisted = new Network(Tiny.spec("stranger", "layer", 3), 5).materialize(2)) {
            String message = refuse(file, other, WeightLoader.Options.fineTuning(ALL));
            assertTrue(
                    message.contains("of 8 tensors, 2 tensors are missing (features.0.weight, features.0.bias)"),
                    message);
            assertTrue(message.contains("these look like tiny_wide weights"), message);
            assertTrue(message.contains(path.toString()), message);
            message = refuse(file, narrow, WeightLoader.Options.fineTuning(ALL));
            assertTrue(message.contains("6 tensors have another shape"), message);
            assertTrue(message.contains("these look like tiny_wide weights"), message);
            message = refuse(file, unlisted, WeightLoader.Options.fineTuning(List.of(unlisted.spec())));
            assertTrue(message.contains("another variant or width of stranger"), message);
        }
        Path foreign = save(Map.of("a", torch.ones(1)));
        try (TensorFile file = TensorFile.open(foreign);
                Network network = new Network(WIDE, 5).materialize(2)) {
            String message = refuse(file, network, WeightLoader.Options.fineTuning(ALL));
            assertTrue(
                    message.contains(
                            "6 tensors are missing (stem.conv.weight, stem.conv.bias, norm.weight and 3 more)"),
                    message);
            assertTrue(message.contains("no known network"), message);
        }
    }

    @Test
    void refusesNumbersThatAreNone() throws IOException {
        Map<String, Tensor> tensors = tensors();
        tensors.put("norm.running_var", Tensors.of(new float[] {1, 1, 1, 1, 1, 1, 1, Float.NaN}, 8));
        try (TensorFile file = TensorFile.open(save(tensors));
                Network network = new Network(WIDE, 5).materialize(2)) {
            assertTrue(refuse(file, network, WeightLoader.Options.finished(ALL)).contains("NaN"));
        }
        tensors.put("norm.running_var", torch.ones(8).to(ScalarType.Char));
        try (TensorFile file = TensorFile.open(save(tensors));
                Network network = new Network(WIDE, 5).materialize(2)) {
            assertTrue(refuse(file, network, WeightLoader.Options.finished(ALL)).contains("as I8"));
        }
    }

    @Test
    void renamesTheOriginalConvNextRelease() {
        Map<String, String> map = KeyMap.toNetwork(List.of(
                "downsample_layers.0.0.weight",
                "downsample_layers.0.1.bias",
                "downsample_layers.2.1.weight",
                "stages.0.1.dwconv.weight",
                "stages.3.2.pwconv2.bias",
                "stages.3.2.gamma",
                "stages.3.2.norm.weight",
                "norm.weight",
                "head.weight"));
        assertEquals(
                List.of(
                        "stem.0.weight",
                        "stem.1.bias",
                        "stages.2.downsample.1.weight",
                        "stages.0.blocks.1.conv_dw.weight",
                        "stages.3.blocks.2.mlp.fc2.bias",
                        "stages.3.blocks.2.gamma",
                        "stages.3.blocks.2.norm.weight",
                        "head.norm.weight",
                        "head.fc.weight"),
                List.copyOf(map.keySet()));
        assertThrows(InputException.class, () -> KeyMap.toNetwork(List.of("module.a", "a")));
    }

    @Test
    void savesAndRestoresAPartStrictly() throws IOException {
        Path path = dir.resolve("part.safetensors");
        NetworkState.write(path, source, name -> name.startsWith("head."), Map.of("epoch", "3"));
        try (Network network = new Network(WIDE, 5).materialize(2);
                Network three = new Network(WIDE, 3).materialize(2)) {
            float[] stem = values(network, "stem.conv.weight");
            assertEquals(Map.of("epoch", "3"), NetworkState.read(path, network, name -> name.startsWith("head.")));
            assertArrayEquals(values(source, "head.fc.weight"), values(network, "head.fc.weight"));
            assertArrayEquals(stem, values(network, "stem.conv.weight"));
            assertThrows(InputException.class, () -> NetworkState.read(path, network, NetworkState.ALL));
            assertThrows(
                    InputException.class, () -> NetworkState.read(path, network, name -> name.equals("head.fc.bias")));
            assertThrows(InputException.class, () -> NetworkState.read(path, three, name -> name.startsWith("head.")));
        }
    }

    @Test
    void leavesNoTensorBehind() throws IOException {
        Path path = save(tensors());
        try (Network network = new Network(WIDE, 5).materialize(2)) {
            long kept = Tensors.kept();
            for (int i = 0; i < 20; i++) {
                try (TensorFile file = TensorFile.open(path)) {
                    WeightLoader.load(file, network, WeightLoader.Options.finished(ALL));
                }
            }
            assertEquals(kept, Tensors.kept());
        }
    }

    /** The message of the refusal, having seen that the network is as it was. */
    private static String refuse(TensorFile file, Network network, WeightLoader.Options options) {
        Map<String, float[]> before = new TreeMap<>();
        network.params().keySet().forEach(name -> before.put(name, values(network, name)));
        InputException e = assertThrows(InputException.class, () -> WeightLoader.load(file, network, options));
        before.forEach((name, values) -> assertArrayEquals(values, values(network, name), name));
        return e.getMessage();
    }

    private Map<String, Tensor> tensors() {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        source.params().forEach((name, param) -> tensors.put(name, param.value()));
        return tensors;
    }

    private Path save(Map<String, Tensor> tensors) throws IOException {
        Path path = dir.resolve("weights-" + tensors.hashCode() + ".safetensors");
        Safetensors.write(path, tensors, Map.of());
        return path;
    }

    private static float[] values(Network network, String name) {
        return Tensors.toFloats(network.params().get(name).value());
    }
}
