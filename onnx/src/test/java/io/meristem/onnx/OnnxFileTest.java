package io.meristem.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.meristem.InputException;
import io.meristem.data.image.Fit;
import io.meristem.data.image.RgbImage;
import io.meristem.engine.Engine;
import io.meristem.engine.Precision;
import io.meristem.engine.Tensors;
import io.meristem.exchange.ClassifierInfo;
import io.meristem.execute.AnyGraphTest;
import io.meristem.execute.Network;
import io.meristem.execute.NormCalibration;
import io.meristem.execute.SharedNumbers;
import io.meristem.op.Param;
import io.meristem.testing.ChildJvm;
import io.meristem.testing.Families;
import io.meristem.testing.TinyNetworks;
import io.meristem.zoo.Models;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.DoubleSupplier;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class OnnxFileTest {

    private static final String TINY = "mobilenet_v2_035";
    private static final List<String> CLASSES = List.of("blue, \"dark\"", "grün", "red");

    @TempDir
    private Path folder;

    @BeforeAll
    static void useOneThread() {
        Engine.start(1);
    }

    @AfterAll
    static void useAllThreads() {
        Engine.start(0);
    }

    /** Weights as training leaves them: normalisations that do something, layer scales that let the blocks through, and logits that the input sways. */
    private static Network network(String model) {
        Network network = new Network(Models.find(model), CLASSES.size()).materialize(5);
        Random random = new Random(11);
        network.params().forEach((name, param) -> {
            if (name.endsWith("bias")) {
                fill(param, () -> 0.1 * random.nextGaussian());
            } else if (param.shape().length == 1 && !param.isBuffer()) {
                fill(param, () -> 0.5 + random.nextDouble());
            }
        });
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            if (network.batchNorms().isEmpty()) {
                network.weightedLayers().values().forEach(layer -> layer.weight()
                        .set(layer.weight().value().mul(new Scalar(2.0))));
            } else {
                float[] pixels = new float[4 * 3 * 48 * 48];
                for (int i = 0; i < pixels.length; i++) {
                    pixels[i] = (float) random.nextGaussian();
                }
                NormCalibration.recalibrate(network, feed -> feed.accept(Tensors.of(pixels, 4, 3, 48, 48)));
                network.head().weight().set(network.head().weight().value().mul(new Scalar(10.0)));
            }
        }
        return network;
    }

    private static void fill(Param param, DoubleSupplier values) {
        float[] floats = new float[(int) param.numel()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values.getAsDouble();
        }
        try (PointerScope scope = new PointerScope()) {
            param.set(Tensors.of(floats, param.shape()));
        }
    }

    private static OnnxCard card(int size, Fit fit, OnnxInput input, Double temperature) {
        ClassifierInfo.Input how = new ClassifierInfo.Input(
                size,
                0.875,
                fit.name().toLowerCase(Locale.ROOT),
                List.of(0.485f, 0.456f, 0.406f),
                List.of(0.229f, 0.2f, 0.3f));
        ClassifierInfo.Origin origin =
                new ClassifierInfo.Origin("1.2", "lora (rank 4)", 7, 3, null, null, "abc", false);
        return new OnnxCard(new ClassifierInfo(TINY, CLASSES, how, origin), input, temperature);
    }

    private Path write(Network network, OnnxCard card) throws IOException {
        Path file = folder.resolve("model.onnx");
        OnnxWriter.write(network, card, file);
        return file;
    }

    /** At 64 pixels, where AlexNet's grid of means is finer than the features, and at other sizes that reach other ways of writing. */
    static Stream<Arguments> models() {
        return Stream.concat(
                Families.smallest().map(name -> Arguments.of(name, 64)),
                Stream.of(
                        Arguments.of("alexnet", 160), // the grid is coarser here, and does not divide the features
                        Arguments.of("mobilenet_v2_035", 33),
                        Arguments.of("convnext_tiny", 32))); // blocks of linear maps
    }

    @ParameterizedTest
    @MethodSource("models")
    void givesTheNetworksLogits(String model, int size) throws IOException {
        OnnxCard card = card(size, Fit.CROP, OnnxInput.IMAGES, null);
        try (Network network = network(model);
                OnnxClassifier file = OnnxClassifier.open(write(network, card), 1)) {
            double difference = new OnnxCheck(network, file).onRandom(3);
            assertTrue(difference < OnnxCheck.TOLERANCE, model + " differs by " + difference);
            assertTrue(difference > 0, "two runtimes never agree to the last bit: is the check one?");
            float[][] logits = file.logits(FloatBuffer.wrap(alternating(size)), 2);
            assertTrue(Math.abs(logits[0][0] - logits[1][0]) > 0.01, "the logits do not depend on the input");
        }
    }

    /** Operations that no family of the registry uses yet, too. The runtime is asked by itself: {@link OnnxGuard} knows the registry's families only. */
    @ParameterizedTest
    @EnumSource
    void writesAnyGraph(AnyGraphTest.Kind kind) throws IOException, OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard();
                Network network = TinyNetworks.of("head", kind.definition).materialize(3)) {
            SharedNumbers.fill(network);
            network.train(false);
            Path path = write(network, card(24, Fit.CROP, OnnxInput.IMAGES, null));
            float[] images = alternating(24);
            float[] expected = Tensors.toFloats(network.forward(Tensors.of(images, 2, 3, 24, 24)));
            try (OrtSession session = environment.createSession(path.toString());
                    OnnxTensor input =
                            OnnxTensor.createTensor(environment, FloatBuffer.wrap(images), new long[] {2, 3, 24, 24});
                    OrtSession.Result result = session.run(Map.of("images", input))) {
                float[][] logits =
                        (float[][]) result.get("logits").orElseThrow().getValue();
                double largest = 0;
                for (float value : expected) {
                    largest = Math.max(largest, Math.abs(value));
                }
                for (int i = 0; i < expected.length; i++) {
                    assertEquals(expected[i], logits[i / 3][i % 3], OnnxCheck.TOLERANCE * largest, kind + ", " + i);
                }
                assertTrue(Math.abs(expected[0] - expected[3]) > 1e-3 * largest, "the input does not matter");
            }
        }
    }

    /** A dark and a light image. */
    private static float[] alternating(int size) {
        float[] images = new float[2 * 3 * size * size];
        Arrays.fill(images, 0, images.length / 2, -1);
        for (int i = images.length / 2; i < images.length; i++) {
            images[i] = i % 7;
        }
        return images;
    }

    @Test
    void differsWhereAWeightDoes() throws IOException {
        try (Network network = network(TINY);
                OnnxClassifier file =
                        OnnxClassifier.open(write(network, card(32, Fit.CROP, OnnxInput.IMAGES, null)), 1)) {
            network.unfold();
            fill(network.params().get("features.3.conv.1.1.weight"), () -> 1.02);
            network.fold();
            double difference = new OnnxCheck(network, file).onRandom(3);
            assertTrue(difference > 10 * OnnxCheck.TOLERANCE, "only " + difference);
        }
    }

    @Test
    void writesFloat32OfANetworkInBfloat16() throws IOException {
        try (Network network = network(TINY)) {
            network.setPrecision(Precision.BF16);
            network.fold();
            try (OnnxClassifier file =
                    OnnxClassifier.open(write(network, card(32, Fit.CROP, OnnxInput.IMAGES, null)), 1)) {
                assertTrue(new OnnxCheck(network, file).onRandom(3) < OnnxCheck.TOLERANCE);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Fit.class)
    void preparesPhotosOfAnySize(Fit fit) throws IOException {
        OnnxCard card = card(48, fit, OnnxInput.PHOTOS, null);
        int[][] sizes = {{48, 48}, {55, 55}, {70, 51}, {31, 40}, {200, 333}, {300, 40}, {33, 290}, {1, 1}};
        try (Network network = network(TINY);
                OnnxClassifier file = OnnxClassifier.open(write(network, card), 1)) {
            OnnxCheck check = new OnnxCheck(network, file);
            double exact = check.onRandom(3);
            assertTrue(exact < OnnxCheck.TOLERANCE, "differs by " + exact);
            for (int[] size : sizes) {
                OnnxCheck.OnPhoto found = check.on(random(size[0], size[1]));
                assertTrue(found.passes(), size[0] + " x " + size[1] + ": " + found);
            }
        }
    }

    /** As with the class path of an installation in a deep folder, and with a thousand photos. */
    @Test
    void aLongCommandLineDoesNoHarm() throws IOException, InterruptedException {
        Path path;
        try (Network network = network(TINY)) {
            path = write(network, card(32, Fit.CROP, OnnxInput.IMAGES, null));
        }
        List<String> args = new ArrayList<>(List.of(path.toString()));
        for (int i = 0; i < 2000; i++) {
            args.add("photos/leaf-" + i + ".jpg");
        }
        ChildJvm child = ChildJvm.run(
                Map.of(), List.of("-Dlong=" + "x".repeat(20_000)), Open.class, args.toArray(String[]::new));
        assertEquals(0, child.code(), child.text());
        assertTrue(child.text().contains("3 classes"), child.text());
    }

    static final class Open {

        public static void main(String[] args) {
            try (OnnxClassifier file = OnnxClassifier.open(Path.of(args[0]), 1)) {
                System.out.println(file.classes().size() + " classes");
            }
        }
    }

    private static RgbImage random(int width, int height) {
        byte[] rgb = new byte[3 * width * height];
        new Random(width).nextBytes(rgb);
        return new RgbImage(width, height, rgb);
    }

    @Test
    void givesProbabilitiesOfPhotos() throws IOException, OrtException {
        RgbImage photo = random(60, 44);
        double temperature = 2.5;
        OnnxCard card = card(32, Fit.CROP, OnnxInput.PHOTOS, temperature);
        try (Network network = network(TINY)) {
            Path path = write(network, card);
            OrtEnvironment environment = OrtEnvironment.getEnvironment();
            try (OnnxClassifier file = OnnxClassifier.open(path, 1);
                    OrtSession session = environment.createSession(path.toString());
                    OnnxTensor input = OnnxTensor.createTensor(
                            environment,
                            ByteBuffer.allocateDirect(photo.rgb().length)
                                    .put(photo.rgb())
                                    .flip(),
                            new long[] {1, photo.height(), photo.width(), 3},
                            OnnxJavaType.UINT8);
                    OrtSession.Result result = session.run(Map.of("photos", input))) {
                float[] probabilities =
                        ((float[][]) result.get("probabilities").orElseThrow().getValue())[0];
                float[] logits = file.see(photo).logits();
                double sum = 0;
                for (float logit : logits) {
                    sum += Math.exp(logit / temperature);
                }
                for (int c = 0; c < CLASSES.size(); c++) {
                    assertEquals(Math.exp(logits[c] / temperature) / sum, probabilities[c], 1e-6);
                }
                assertEquals(temperature, file.temperature().orElseThrow());
            }
        }
    }

    @ParameterizedTest
    @EnumSource(OnnxInput.class)
    void carriesItsCard(OnnxInput input) throws IOException {
        OnnxCard card = card(32, Fit.SQUASH, input, null);
        try (Network network = network(TINY);
                OnnxClassifier file = OnnxClassifier.open(write(network, card), 1)) {
            assertEquals(card, file.card());
            assertEquals(CLASSES, file.classes());
            assertEquals(card.preprocess(), file.preprocess());
            assertTrue(file.temperature().isEmpty());
        }
    }

    @Test
    void foldsEveryNormalisation() throws IOException {
        for (String model : List.of(TINY, "regnety_002")) {
            try (Network network = network(model)) {
                ModelProto file = read(write(network, card(32, Fit.CROP, OnnxInput.IMAGES, null)));
                List<String> types = file.getGraph().getNodeList().stream()
                        .map(NodeProto::getOpType)
                        .toList();
                assertFalse(types.contains("BatchNormalization"));
                assertEquals(
                        network.weightedLayers().size(),
                        types.stream()
                                .filter(type -> type.equals("Conv") || type.equals("Gemm"))
                                .count());
            }
        }
    }

    private static ModelProto read(Path file) throws IOException {
        return ModelProto.parseFrom(Files.readAllBytes(file));
    }

    @Test
    void refusesWhatIsNotAFileOfOurs() throws IOException {
        Path good;
        try (Network network = network(TINY)) {
            good = write(network, card(32, Fit.CROP, OnnxInput.IMAGES, null));
        }
        ModelProto model = read(good);
        byte[] bytes = Files.readAllBytes(good);
        assertRefused("There is no file", folder.resolve("none.onnx"));
        assertRefused("There is no file", folder);
        assertRefused("cannot be read as an ONNX file", file("empty", new byte[0]));
        assertRefused("cannot be read as an ONNX file", file("text", "a text\n".getBytes(StandardCharsets.UTF_8)));
        assertRefused("cannot be read as an ONNX file", file("cut", Arrays.copyOf(bytes, bytes.length / 2)));
        assertRefused("without class names", file("foreign", model.toBuilder().clearMetadataProps()));
        assertRefused("cannot be read", file("json", with(model, "meristem", "{")));
        assertRefused("lacks", file("lacks", with(model, "meristem", json(good).replace("classes", "class_es"))));
        assertRefused(
                "are not those",
                file("classes", with(model, "meristem", json(good).replace("red", "red\", \"x"))));
        assertRefused(
                "cannot be used", file("fit", with(model, "meristem", json(good).replace("crop\"", "crop2\""))));
        assertRefused("cannot be used", file("number", with(model, "meristem.temperature", "-1")));
        assertRefused("cannot be used", file("word", with(model, "meristem.temperature", "warm")));
        assertRefused("are not those", file("input", with(model, "meristem.input", "photos")));
        assertRefused("cannot be used", file("what", with(model, "meristem.input", "pictures")));
    }

    private static String json(Path file) throws IOException {
        return read(file).getMetadataPropsList().stream()
                .filter(entry -> entry.getKey().equals("meristem"))
                .findFirst()
                .orElseThrow()
                .getValue();
    }

    private static ModelProto.Builder with(ModelProto model, String key, String value) {
        List<StringStringEntryProto> entries = new ArrayList<>(model.getMetadataPropsList());
        entries.removeIf(entry -> entry.getKey().equals(key));
        entries.add(
                StringStringEntryProto.newBuilder().setKey(key).setValue(value).build());
        return model.toBuilder().clearMetadataProps().addAllMetadataProps(entries);
    }

    private Path file(String name, ModelProto.Builder model) throws IOException {
        Path file = folder.resolve(name + ".onnx");
        try (OutputStream out = Files.newOutputStream(file)) {
            model.build().writeTo(out);
        }
        return file;
    }

    private Path file(String name, byte[] bytes) throws IOException {
        return Files.write(folder.resolve(name + ".onnx"), bytes);
    }

    private static void assertRefused(String what, Path file) {
        String message = assertThrows(InputException.class, () -> OnnxClassifier.open(file, 1))
                .getMessage();
        assertTrue(message.contains(what), message);
        assertTrue(message.contains(file.toString()), message);
        assertEquals(1, message.lines().count(), message);
    }
}
