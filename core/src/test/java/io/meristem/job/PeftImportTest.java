package io.meristem.job;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.meristem.Folders;
import io.meristem.InputException;
import io.meristem.artifact.RunFolder;
import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import io.meristem.exchange.PeftFormat;
import io.meristem.execute.Network;
import io.meristem.execute.SharedNumbers;
import io.meristem.weights.NetworkState;
import io.meristem.weights.Safetensors;
import io.meristem.weights.TensorFile;
import io.meristem.zoo.Models;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Adapters that PEFT has saved (bench/peers/peft_fixture.py), imported, compute PEFT's logits, and go out again as they came in. */
class PeftImportTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> CLASSES =
            IntStream.range(0, 10).mapToObj(i -> "class " + i).toList();

    @TempDir
    static Path bases;

    @TempDir
    Path place;

    @BeforeAll
    static void start() {
        Engine.start(1);
    }

    private static Path fixture(String name) {
        try {
            return Path.of(PeftImportTest.class.getResource("/peft/" + name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static JsonNode expected(String name) throws IOException {
        return JSON.readTree(Files.readString(fixture(name).resolve("expected.json")));
    }

    /** The weights under the adapters, with a head for ten classes. */
    private static Path base(String model) throws IOException {
        Path file = bases.resolve(model + ".safetensors");
        if (!Files.exists(file)) {
            try (Network network = new Network(Models.find(model), CLASSES.size()).materialize(0)) {
                SharedNumbers.fill(network);
                NetworkState.write(file, network, NetworkState.ALL, Map.of());
            }
        }
        return file;
    }

    private static ImportJob.Outcome importing(
            Path source, String model, Path weights, List<String> classes, Path out) {
        return ImportJob.run(
                ImportJob.Request.of(source)
                        .withModel(model)
                        .withWeights(weights == null ? null : weights.toString())
                        .withClasses(classes)
                        .withSize(64),
                out,
                1);
    }

    private static float[] logits(Path run, int side) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard();
                Network network = Networks.merged(RunFolder.open(run))) {
            network.train(false);
            double root3 = Math.sqrt(3);
            Tensor x = Tensors.channelsLast(SharedNumbers.tensor("input", -root3, root3, 2, 3, side, side));
            return Tensors.toFloats(network.forward(x));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"mobilenet_v2_035", "convnext_atto", "regnety_002", "alexnet"})
    void anImportedAdapterComputesPeftsLogits(String name) throws IOException {
        JsonNode expected = expected(name);
        Path run = place.resolve("run");
        long before = Tensors.kept();
        importing(fixture(name), name, base(name), CLASSES, run);
        float[] logits = logits(run, expected.get("side").asInt());
        assertEquals(before, Tensors.kept());
        for (int i = 0; i < logits.length; i++) {
            assertEquals(expected.get("logits").get(i).asDouble(), logits[i], 1e-4, name + " " + i);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"mobilenet_v2_035", "convnext_atto", "regnety_002"})
    void whatGoesOutAgainIsWhatPeftHadWritten(String name) throws IOException {
        importing(fixture(name), name, base(name), CLASSES, place.resolve("run"));
        ExportJob.run(place.resolve("run"), null, new PeftFormat(false, false), place.resolve("out"), 1);
        Map<String, List<Long>> theirs = shapes(fixture(name).resolve("adapter_model.safetensors"));
        Map<String, List<Long>> ours = shapes(place.resolve("out").resolve("adapter_model.safetensors"));
        assertEquals(theirs, ours);
        importing(place.resolve("out"), null, base(name), null, place.resolve("again"));
        float[] first = logits(place.resolve("run"), 64);
        float[] second = logits(place.resolve("again"), 64);
        for (int i = 0; i < first.length; i++) {
            assertEquals(first[i], second[i], 1e-5);
        }
    }

    /** A bias of B is added to the layer's bias, or to that of the normalisation behind, and goes out again as a trained one. */
    @ParameterizedTest
    @ValueSource(strings = {"mobilenet_v2_035", "alexnet"})
    void biasesOfBAreTakenUp(String name) throws IOException {
        Path source = changed(name, config -> config.put("lora_bias", true));
        Path file = source.resolve("adapter_model.safetensors");
        try (PointerScope scope = new PointerScope()) {
            Map<String, Tensor> tensors = new TreeMap<>();
            try (TensorFile open = TensorFile.open(fixture(name).resolve("adapter_model.safetensors"))) {
                open.tensors().keySet().forEach(key -> {
                    Tensor value = open.read(key).clone();
                    tensors.put(key, value);
                    if (key.endsWith(".lora_B.weight")) {
                        tensors.put(
                                key.replace(".weight", ".bias"),
                                org.bytedeco
                                        .pytorch
                                        .global
                                        .torch
                                        .ones(value.size(0))
                                        .mul(new org.bytedeco.pytorch.Scalar(0.01)));
                    }
                });
            }
            Safetensors.write(file, tensors, Map.of());
        }
        importing(fixture(name), name, base(name), CLASSES, place.resolve("without"));
        importing(source, name, base(name), CLASSES, place.resolve("with"));
        float[] without = logits(place.resolve("without"), 64);
        float[] with = logits(place.resolve("with"), 64);
        double moved = 0;
        for (int i = 0; i < with.length; i++) {
            moved = Math.max(moved, Math.abs(with[i] - without[i]));
        }
        assertTrue(moved > 1e-4, "the biases change nothing");
        ExportJob.run(place.resolve("with"), null, new PeftFormat(false, false), place.resolve("out"), 1);
        String config = Files.readString(place.resolve("out").resolve("adapter_config.json"));
        assertEquals(name.equals("alexnet"), config.contains("\"bias\" : \"all\""), config);
        importing(place.resolve("out"), null, base(name), null, place.resolve("again"));
        float[] again = logits(place.resolve("again"), 64);
        for (int i = 0; i < with.length; i++) {
            assertEquals(with[i], again[i], 1e-5);
        }
    }

    private static Map<String, List<Long>> shapes(Path file) {
        try (TensorFile tensors = TensorFile.open(file)) {
            Map<String, List<Long>> shapes = new TreeMap<>();
            tensors.tensors().forEach((name, info) -> shapes.put(name, info.shape()));
            return shapes;
        }
    }

    private void refuses(Path source, String model, List<String> classes, String... words) throws IOException {
        Path out = place.resolve("refused");
        Path weights = base(model);
        InputException e = assertThrows(InputException.class, () -> importing(source, model, weights, classes, out));
        for (String word : words) {
            assertTrue(e.getMessage().contains(word), "'" + word + "' is not in: " + e.getMessage());
        }
        assertFalse(Files.exists(out));
        try (Stream<Path> left = Files.list(place)) {
            assertTrue(left.noneMatch(path -> path.getFileName().toString().endsWith(".part")));
        }
    }

    /** A copy of a fixture with another configuration. */
    private Path changed(String name, Consumer<ObjectNode> change) throws IOException {
        Path copy = Files.createDirectories(place.resolve("changed"));
        for (String file : List.of("adapter_model.safetensors", "adapter_config.json")) {
            Files.copy(fixture(name).resolve(file), copy.resolve(file));
        }
        ObjectNode config = (ObjectNode) JSON.readTree(Files.readString(copy.resolve("adapter_config.json")));
        change.accept(config);
        Files.writeString(copy.resolve("adapter_config.json"), config.toString());
        return copy;
    }

    @Test
    void adaptersWithoutAnEqualAreRefused() throws IOException {
        refuses(fixture("dora"), "mobilenet_v2_035", CLASSES, "use_dora", "merge_and_unload");
        refuses(fixture("grouped"), "regnety_002", CLASSES, "grouped", "s1.b1.conv2.conv");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "peft_type=\"ADALORA\"",
                "bias=\"all\"",
                "bias=\"some\"",
                "lora_bias=true",
                "init_lora_weights=\"pissa\"",
                "layer_replication=[[0,1]]",
                "some_new_option=true",
                "r=0",
                "r=2.5",
                "lora_alpha=\"eight\"",
                "target_modules=[1]",
                "rank_pattern={\"features.0.0\":7}",
                "alpha_pattern={\"(((\":7}",
                "alpha_pattern={\"(?=features)\":7}"
            })
    void optionsThatChangeItsFunctionAreRefused(String option) throws IOException {
        String field = option.substring(0, option.indexOf('='));
        Path source = changed("mobilenet_v2_035", config -> {
            try {
                config.set(field, JSON.readTree(option.substring(option.indexOf('=') + 1)));
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
        refuses(source, "mobilenet_v2_035", CLASSES, "adapter_config.json");
    }

    @Test
    void whatDoesNotFitIsRefused() throws IOException {
        refuses(fixture("convnext_atto"), "mobilenet_v2_035", CLASSES, "does not fit mobilenet_v2_035", "(model)");
        refuses(fixture("mobilenet_v2_035"), "mobilenet_v2_035", CLASSES.subList(0, 3), "10 classes", "3 are named");
        refuses(fixture("mobilenet_v2_035"), "mobilenet_v2_035", null, "give classes a,b,c");
        refuses(fixture("mobilenet_v2_035"), "mobilenet_v2_035", List.of("a", "a"), "different names");
        refuses(fixture("alexnet"), "alexnet", List.of("a", "b", "c"), "modules_to_save");
        refuses(place, "alexnet", CLASSES, "adapter_config.json");
        Path source = changed(
                "mobilenet_v2_035", config -> config.withArray("target_modules").add("features.18.0"));
        refuses(source, "mobilenet_v2_035", CLASSES, "lacks the update of layer features.18.0");
    }

    @Test
    void damagedTensorsAreRefused() throws IOException {
        Path source = changed("alexnet", config -> {});
        Path file = source.resolve("adapter_model.safetensors");
        String prefix = "base_model.model.features.0";
        try (PointerScope scope = new PointerScope()) {
            Tensor a = Tensors.of(new float[3 * 11 * 11], 1, 3, 11, 11);
            Tensor b = Tensors.of(new float[64], 64, 1, 1, 1);
            Safetensors.write(file, Map.of(prefix + ".lora_A.weight", a), Map.of());
            refuses(source, "alexnet", CLASSES, "no lora_B");
            Safetensors.write(file, Map.of("features.0.lora_A.weight", a), Map.of());
            refuses(source, "alexnet", CLASSES, "base_model.model.");
            b.fill_(new org.bytedeco.pytorch.Scalar(Double.NaN));
            Safetensors.write(file, Map.of(prefix + ".lora_A.weight", a, prefix + ".lora_B.weight", b), Map.of());
            refuses(source, "alexnet", CLASSES, "lacks the update of layer features.3");
        }
        Files.writeString(file, "no tensors");
        refuses(source, "alexnet", CLASSES, "cannot be read as safetensors");
        Files.writeString(source.resolve("adapter_config.json"), "{\"peft_type\": \"LORA\", \"r\": 4");
        refuses(source, "alexnet", CLASSES, "adapter_config.json cannot be read");
    }

    /** A copy of a folder's weights without those tensors whose name has {@code part} in it. */
    private static void lose(Path source, String part) throws IOException {
        Path file = source.resolve("adapter_model.safetensors");
        try (PointerScope scope = new PointerScope()) {
            Map<String, Tensor> kept = new TreeMap<>();
            try (TensorFile tensors = TensorFile.open(file)) {
                tensors.tensors().keySet().stream()
                        .filter(name -> !name.contains(part))
                        .forEach(name -> kept.put(name, tensors.read(name)));
                assertTrue(kept.size() < tensors.tensors().size(), part);
            }
            Safetensors.write(file, kept, Map.of());
        }
    }

    /** However the configuration chooses layers: each of them must be there, and what is saved whole must be whole. */
    @ParameterizedTest
    @ValueSource(strings = {"pattern", "looking", "exclude", "list"})
    void whatAnAdapterLacksIsNamed(String kind) throws IOException {
        String model = "convnext_atto";
        List<String> layers = new ArrayList<>();
        shapes(fixture(model).resolve("adapter_model.safetensors")).keySet().stream()
                .filter(name -> name.endsWith(".lora_A.weight"))
                .map(name -> name.substring("base_model.model.".length(), name.length() - ".lora_A.weight".length()))
                .forEach(layers::add);
        String any = layers.stream().map(name -> name.replace(".", "\\.")).collect(Collectors.joining("|"));
        Consumer<ObjectNode> choice = config -> {
            switch (kind) {
                case "pattern" -> config.put("target_modules", any);
                case "looking" -> config.put("target_modules", "(?!head)(" + any + ")");
                case "exclude" -> config.putArray("exclude_modules").add("no.such");
                default -> {}
            }
        };
        Path source = changed(model, choice);
        importing(source, model, base(model), CLASSES, place.resolve("whole"));
        String lost = layers.get(layers.size() - 1);
        lose(source, lost + ".lora_");
        refuses(source, model, CLASSES, "lacks the update of layer " + lost);
        Files.copy(
                fixture(model).resolve("adapter_model.safetensors"),
                source.resolve("adapter_model.safetensors"),
                StandardCopyOption.REPLACE_EXISTING);
        lose(source, "head.fc");
        refuses(source, model, CLASSES, "lacks the tensor head.fc.weight");
    }

    @Test
    void aHeadWithoutABiasHasAZeroOne() throws IOException {
        String model = "convnext_atto";
        Path source = changed(model, config -> {});
        lose(source, "head.fc.bias");
        ImportJob.Outcome outcome = importing(source, model, base(model), CLASSES, place.resolve("run"));
        assertTrue(
                outcome.notes().toString().contains("has no head.fc.bias"),
                outcome.notes().toString());
        try (PointerScope scope = new PointerScope()) {
            for (String name : List.of(RunFolder.BEST, RunFolder.ADAPTER)) {
                try (TensorFile file = TensorFile.open(place.resolve("run").resolve(name))) {
                    assertArrayEquals(new float[CLASSES.size()], Tensors.toFloats(file.read("head.fc.bias")), name);
                }
            }
        }
        lose(source, "head.fc");
        try (PointerScope scope = new PointerScope()) {
            Path file = source.resolve("adapter_model.safetensors");
            Map<String, Tensor> tensors = new TreeMap<>();
            try (TensorFile read = TensorFile.open(file)) {
                read.tensors().keySet().forEach(name -> tensors.put(name, read.read(name)));
            }
            tensors.put("base_model.model.head.fc.bias", Tensors.of(new float[CLASSES.size()], CLASSES.size()));
            Safetensors.write(file, tensors, Map.of());
        }
        refuses(source, model, CLASSES, "lacks the tensor head.fc.weight");
    }

    /** What PEFT's check_target_module_exists (0.21) says. */
    @Test
    void aTargetWithinASavedModuleHasNoUpdate() throws IOException {
        String model = "convnext_atto";
        Path source = changed(model, config -> {
            config.withArray("target_modules").add("head.fc").add("fc");
            config.putArray("modules_to_save").add("head");
        });
        // The head's norm is saved with it.
        Path file = source.resolve("adapter_model.safetensors");
        try (PointerScope scope = new PointerScope();
                TensorFile pretrained = TensorFile.open(base(model))) {
            Map<String, Tensor> tensors = new TreeMap<>();
            try (TensorFile read = TensorFile.open(file)) {
                read.tensors().keySet().forEach(name -> tensors.put(name, read.read(name)));
            }
            for (String name : List.of("head.norm.weight", "head.norm.bias")) {
                tensors.put("base_model.model." + name, pretrained.read(name));
            }
            Safetensors.write(file, tensors, Map.of());
        }
        importing(source, model, base(model), CLASSES, place.resolve("run"));
        float[] logits = logits(place.resolve("run"), 64);
        JsonNode expected = expected(model);
        for (int i = 0; i < logits.length; i++) {
            assertEquals(expected.get("logits").get(i).asDouble(), logits[i], 1e-4);
        }
    }

    @Test
    void anUpdateThatIsNotTargetedIsRefused() throws IOException {
        Path source = changed("convnext_atto", config -> config.put("exclude_modules", ".*\\.mlp\\.fc1"));
        refuses(source, "convnext_atto", CLASSES, "does not target");
        refuses(changedAgain(config -> config.putNull("target_modules")), "convnext_atto", CLASSES, "target_modules");
        refuses(
                changedAgain(config -> config.put("target_modules", "(?!a)(x+)+y{3}")),
                "convnext_atto",
                CLASSES,
                "cannot be followed");
        refuses(
                changedAgain(config -> config.put("init_lora_weights", "pissa_niter_4")),
                "convnext_atto",
                CLASSES,
                "merge_and_unload",
                "path_initial_model_for_weight_conversion");
    }

    private Path changedAgain(Consumer<ObjectNode> change) throws IOException {
        Folders.delete(place.resolve("changed"));
        return changed("convnext_atto", change);
    }
}
