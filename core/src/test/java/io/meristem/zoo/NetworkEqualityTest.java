package io.meristem.zoo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import io.meristem.execute.Network;
import io.meristem.execute.SharedNumbers;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds every network against its home library; the figures come from {@code bench/peers/network_fixtures.py}. */
class NetworkEqualityTest {

    private static final int CLASSES = 10;

    /** Relative to the largest value. Several times the float32 error, and yet small enough to see an eps of layer normalisation that is wrong. */
    private static final double TOLERANCE = 1e-5;

    /** One thread: networks this small gain nothing from more, and lose much on a machine that has other work. */
    @BeforeAll
    static void useOneThread() {
        Engine.start(1);
    }

    @AfterAll
    static void useAllThreads() {
        Engine.start(0);
    }

    /** Each network that there is a fixture of. */
    static Stream<String> computed() throws IOException, URISyntaxException {
        Path folder = Path.of(NetworkEqualityTest.class.getResource("/networks").toURI());
        try (Stream<Path> files = Files.list(folder)) {
            return files
                    .map(file -> file.getFileName().toString().replace(".json", ""))
                    .filter(name -> !name.equals("registry"))
                    .sorted()
                    .toList()
                    .stream();
        }
    }

    @ParameterizedTest
    @MethodSource("computed")
    void computesTheLibrarysLogitsAndInputGradient(String name) throws IOException {
        JsonNode expected = read(name);
        int side = expected.get("side").asInt();
        long before = Tensors.kept();
        try (PointerScope scope = new PointerScope();
                Network network = new Network(Models.find(name), CLASSES).materialize(0)) {
            SharedNumbers.fill(network);
            double root3 = Math.sqrt(3);
            Tensor x = Tensors.channelsLast(SharedNumbers.tensor("input", -root3, root3, 2, 3, side, side));
            x.requires_grad_(true);
            Tensor logits = network.forward(x);
            logits.mul(SharedNumbers.tensor("coefficients", -1, 1, 2, CLASSES))
                    .sum()
                    .backward();

            double logitError = compare(Tensors.toDoubles(logits), doubles(expected.get("logits")), 0);
            double[] gradient = Tensors.toDoubles(x.grad());
            double[] samples = doubles(expected.get("gradientSamples"));
            int every = expected.get("gradientEvery").asInt();
            double[] sampled = new double[samples.length];
            Arrays.setAll(sampled, i -> gradient[i * every]);
            double sampleError =
                    compare(sampled, samples, expected.get("gradientMax").asDouble());
            double absSum = expected.get("gradientAbsSum").asDouble();
            double sumError = Math.abs(Arrays.stream(gradient).sum()
                            - expected.get("gradientSum").asDouble())
                    / absSum;
            double absSumError = Math.abs(Arrays.stream(gradient).map(Math::abs).sum() - absSum) / absSum;

            String errors = String.format(
                    Locale.ROOT,
                    "%s: logits %.1e, gradient %.1e, its sum %.1e, its absolute sum %.1e",
                    name,
                    logitError,
                    sampleError,
                    sumError,
                    absSumError);
            try (NoGradGuard guard = new NoGradGuard()) {
                // Without gradients activations overwrite their inputs; the image must survive that.
                for (int pass = 0; pass < 2; pass++) {
                    double[] quiet = Tensors.toDoubles(network.forward(x));
                    assertTrue(compare(quiet, Tensors.toDoubles(logits), 0) < TOLERANCE, name);
                }
            }
            assertTrue(logitError < TOLERANCE, errors);
            assertTrue(sampleError < TOLERANCE, errors);
            assertTrue(sumError < TOLERANCE, errors);
            assertTrue(absSumError < TOLERANCE, errors);
        }
        assertEquals(before, Tensors.kept());
    }

    static Stream<String> everyModel() throws IOException {
        JsonNode models = read("registry").get("models");
        return StreamSupport.stream(((Iterable<String>) models::fieldNames).spliterator(), false);
    }

    @ParameterizedTest
    @MethodSource("everyModel")
    void hasTheLibrarysStateDict(String name) throws IOException {
        JsonNode expected = read("registry").get("models").get(name);
        try (Network network = new Network(Models.find(name), CLASSES)) {
            String lines = network.params().entrySet().stream()
                    .map(entry -> entry.getKey() + ":"
                            + Arrays.stream(entry.getValue().shape())
                                    .mapToObj(String::valueOf)
                                    .collect(Collectors.joining("x"))
                            + "\n")
                    .collect(Collectors.joining());
            assertEquals(expected.get("parameters").asLong(), network.parameterCount());
            assertEquals(expected.get("state").asText(), sha256(lines), lines);
        }
    }

    @ParameterizedTest
    @MethodSource("everyModel")
    void pointsAtTheLibrarysWeights(String name) throws IOException {
        JsonNode expected = read("registry").get("models").get(name);
        ModelSpec spec = Models.find(name);
        Map<String, WeightSource> found = new LinkedHashMap<>();
        spec.weights().forEach(weights -> found.put(weights.tag(), weights));
        if (expected.has("urls")) {
            assertEquals(expected.get("urls").size(), found.size());
            expected.get("urls")
                    .properties()
                    .forEach(url -> assertEquals(
                            url.getValue().asText(), found.get(url.getKey()).url()));
        }
        if (!expected.has("weights")) {
            return;
        }
        String input = Stream.concat(
                        Stream.of(spec.inputSize()), Stream.concat(spec.mean().stream(), spec.std().stream()))
                .map(String::valueOf)
                .collect(Collectors.joining(" "));
        assertEquals(expected.get("input").asText(), input);
        assertEquals(expected.get("defaultTag").asText(), spec.weights().get(0).tag());
        assertEquals(expected.get("weights").size(), found.size());
        expected.get("weights").properties().forEach(field -> {
            WeightSource weights = found.get(field.getKey());
            JsonNode facts = field.getValue();
            assertEquals(
                    "https://huggingface.co/" + facts.get("hub").asText() + "/resolve/main/model.safetensors",
                    weights.url());
            assertEquals(facts.get("classes").asInt(), weights.classes());
            assertEquals(facts.get("licence").asText(), weights.licence());
            assertEquals(facts.get("head").asText(), spec.headName());
        });
    }

    @Test
    void everyRegisteredModelIsCompared() throws IOException, URISyntaxException {
        JsonNode models = read("registry").get("models");
        Set<String> families =
                computed().map(name -> Models.find(name).family()).collect(Collectors.toSet());
        Models.all().forEach(spec -> {
            assertTrue(models.has(spec.name()), spec.name());
            assertTrue(families.contains(spec.family()), spec.family());
        });
    }

    private static double compare(double[] got, double[] want, double scale) {
        assertEquals(want.length, got.length);
        double worst = 0;
        double largest = scale;
        for (int i = 0; i < want.length; i++) {
            assertTrue(Double.isFinite(got[i]));
            worst = Math.max(worst, Math.abs(got[i] - want[i]));
            largest = Math.max(largest, Math.abs(want[i]));
        }
        return worst / largest;
    }

    private static double[] doubles(JsonNode array) {
        double[] values = new double[array.size()];
        Arrays.setAll(values, i -> array.get(i).asDouble());
        return values;
    }

    private static JsonNode read(String name) throws IOException {
        try (InputStream in = NetworkEqualityTest.class.getResourceAsStream("/networks/" + name + ".json")) {
            return new ObjectMapper().readTree(in);
        }
    }

    private static String sha256(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
