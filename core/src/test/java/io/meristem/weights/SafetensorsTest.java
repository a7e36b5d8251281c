package io.meristem.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.InputException;
import io.meristem.engine.Tensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class SafetensorsTest {

    @TempDir
    Path dir;

    @ParameterizedTest
    @EnumSource(Dtype.class)
    void keepsValuesOfEveryDtype(Dtype dtype) throws IOException {
        try (PointerScope scope = new PointerScope()) {
            Tensor tensor = Tensors.of(new float[] {0, 1, 2, 3, 100, 1}, 2, 3).to(dtype.scalar());
            Path path = dir.resolve("a.safetensors");
            Safetensors.write(path, Map.of("a.b", tensor), Map.of());
            try (TensorFile file = TensorFile.open(path)) {
                assertEquals(new TensorInfo(dtype, 2, 3), file.tensors().get("a.b"));
                Tensor back = file.read("a.b");
                assertEquals(dtype.scalar(), back.scalar_type().intern());
                assertTrue(back.equal(tensor));
            }
        }
    }

    @Test
    void writesTheSameBytesWhateverTheOrder() throws IOException {
        try (PointerScope scope = new PointerScope()) {
            Tensor a = Tensors.of(new float[] {1, 2}, 2);
            Tensor b = Tensors.of(new float[] {1}, 1).to(ScalarType.BFloat16);
            Map<String, Tensor> one = new LinkedHashMap<>();
            one.put("a", b);
            one.put("b", a);
            Map<String, Tensor> two = new LinkedHashMap<>();
            two.put("b", a);
            two.put("a", b);
            Path path = dir.resolve("one");
            Safetensors.write(path, one, Map.of("x", "1", "y", "é"));
            Safetensors.write(dir.resolve("two"), two, Map.of("y", "é", "x", "1"));
            byte[] bytes = Files.readAllBytes(path);
            assertArrayEquals(bytes, Files.readAllBytes(dir.resolve("two")));
            assertEquals(
                    0, ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong() % 8);
            try (TensorFile file = TensorFile.open(path)) {
                assertEquals(Map.of("x", "1", "y", "é"), file.metadata());
                assertEquals(List.of("b", "a"), List.copyOf(file.tensors().keySet()), "wide elements first");
                assertEquals(64, file.sha256().length());
            }
        }
    }

    @Test
    void writesAnyLayoutRowByRow() throws IOException {
        try (PointerScope scope = new PointerScope()) {
            float[] values = new float[2 * 3 * 2 * 2];
            for (int i = 0; i < values.length; i++) {
                values[i] = i;
            }
            Tensor plain = Tensors.of(values, 2, 3, 2, 2);
            Path path = dir.resolve("a");
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            tensors.put("last", Tensors.channelsLast(plain));
            tensors.put(
                    "turned", Tensors.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3).t());
            tensors.put("scalar", Tensors.of(new float[] {7}));
            tensors.put("empty", torch.empty(0, 5));
            Safetensors.write(path, tensors, Map.of());
            try (TensorFile file = TensorFile.open(path)) {
                assertArrayEquals(values, Tensors.toFloats(file.read("last")));
                assertArrayEquals(new float[] {1, 4, 2, 5, 3, 6}, Tensors.toFloats(file.read("turned")));
                assertArrayEquals(new long[0], file.read("scalar").shape());
                assertArrayEquals(new float[] {7}, Tensors.toFloats(file.read("scalar")));
                assertArrayEquals(new long[] {0, 5}, file.read("empty").shape());
                assertThrows(InputException.class, () -> file.read("other"));
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}                                                        | 4 | needs 8 bytes
            {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}                                                        | 4 | cut short
            {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}                                                        | 8 | but 8 follow
            {"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}                                                        | 8 | begins at byte 4
            {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}   | 4 | begins at byte 0
            {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}   | 6 | begins at byte 2
            {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}   | 8 | Duplicate field
            {"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}                                                    | 1 | unsupported dtype 'F8_E4M3'
            {"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}                                                       | 4 | negative
            {"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}                                                      | 4 | not a whole number
            {"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}                                    | 0 | impossibly large
            {"a":{"dtype":"F32","shape":[4294967296,4294967296,0],"data_offsets":[0,0]}}                                  | 0 | impossibly large
            {"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,4]}}                                     | 4 | range of long
            {"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}                                                       | 4 | negative
            {"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}                                                        | 4 | needs 4 bytes
            {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}                                                      | 4 | too many sizes
            {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,9223372036854775807]}}                                      | 4 | needs 4 bytes
            {"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}}                        | 4 | too many sizes
            {"a":{"dtype":"F32","shape":[1]}}                                                                             | 4 | lacks its
            {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"more":1}}                                               | 4 | unknown field
            {"a":7}                                                                                                       | 0 | says nothing
            {"__metadata__":{"a":1}}                                                                                      | 0 | not a text
            [1,2]                                                                                                         | 0 | not a JSON object
            {"a":{"dtype":"F32",                                                                                          | 0 | not valid JSON
            {} {}                                                                                                         | 0 | goes on after
            """)
    void refusesABadHeader(String json, int dataBytes, String reason) throws IOException {
        Path path = write(json.strip(), dataBytes);
        InputException e = assertThrows(InputException.class, () -> TensorFile.open(path));
        assertTrue(e.getMessage().contains(reason), e.getMessage());
        assertTrue(e.getMessage().contains(path.toString()), e.getMessage());
    }

    @Test
    void refusesDeepNesting() throws IOException {
        Path path = write("{\"a\":" + "[".repeat(100_000), 0);
        assertThrows(InputException.class, () -> TensorFile.open(path));
    }

    @Test
    void readsABoolOfAnyByteAsZeroOrOne() throws IOException {
        Path path = write("{\"a\":{\"dtype\":\"BOOL\",\"shape\":[3],\"data_offsets\":[0,3]}}", 0);
        byte[] whole = Files.readAllBytes(path);
        byte[] data = java.util.Arrays.copyOf(whole, whole.length + 3);
        data[whole.length] = 7;
        data[whole.length + 2] = (byte) 0xff;
        Files.write(path, data);
        try (PointerScope scope = new PointerScope();
                TensorFile file = TensorFile.open(path)) {
            assertArrayEquals(new float[] {1, 0, 1}, Tensors.toFloats(file.read("a")));
        }
    }

    @Test
    void refusesEveryTruncation() throws IOException {
        Path path = dir.resolve("whole");
        try (PointerScope scope = new PointerScope()) {
            Safetensors.write(path, Map.of("a", Tensors.of(new float[] {1, 2, 3}, 3)), Map.of("k", "v"));
        }
        byte[] whole = Files.readAllBytes(path);
        Path cut = dir.resolve("cut");
        for (int length = 0; length < whole.length; length++) {
            Files.write(cut, java.util.Arrays.copyOf(whole, length));
            assertThrows(InputException.class, () -> TensorFile.open(cut));
        }
    }

    @Test
    void noticesAFileThatShrinksWhileOpen() throws IOException {
        Path path = dir.resolve("whole");
        try (PointerScope scope = new PointerScope()) {
            Safetensors.write(path, Map.of("a", Tensors.of(new float[1000], 1000)), Map.of());
            try (TensorFile file = TensorFile.open(path)) {
                Files.write(path, java.util.Arrays.copyOf(Files.readAllBytes(path), 200));
                assertThrows(InputException.class, () -> file.read("a"));
            }
        }
    }

    /** Random damage either leaves a readable file or is refused; nothing else. */
    @Test
    void survivesRandomDamage() throws IOException {
        Path path = dir.resolve("whole");
        try (PointerScope scope = new PointerScope()) {
            Map<String, Tensor> tensors =
                    Map.of("a", Tensors.of(new float[] {1, 2, 3}, 3), "b", Tensors.of(new float[] {1, 2, 3, 4}, 2, 2));
            Safetensors.write(path, tensors, Map.of("k", "v"));
        }
        byte[] whole = Files.readAllBytes(path);
        Random random = new Random(1);
        Path damaged = dir.resolve("damaged");
        for (int trial = 0; trial < 300; trial++) {
            byte[] bytes = whole.clone();
            for (int i = 0; i < 3; i++) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            Files.write(damaged, bytes);
            try (PointerScope scope = new PointerScope();
                    TensorFile file = TensorFile.open(damaged)) {
                file.tensors().keySet().forEach(file::read);
            } catch (InputException e) {
                assertTrue(e.getMessage().contains("damaged"), e.getMessage());
            }
        }
    }

    @Test
    void namesTheTroubleWithAPath() {
        assertTrue(assertThrows(InputException.class, () -> TensorFile.open(dir))
                .getMessage()
                .contains("folder"));
        assertTrue(assertThrows(InputException.class, () -> TensorFile.open(dir.resolve("no")))
                .getMessage()
                .contains("there is no weights file"));
    }

    private Path write(String json, int dataBytes) throws IOException {
        byte[] header = json.getBytes(StandardCharsets.UTF_8);
        Path path = dir.resolve("bad.safetensors");
        Files.write(
                path,
                ByteBuffer.allocate(8 + header.length + dataBytes)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(header.length)
                        .put(header)
                        .array());
        return path;
    }
}
