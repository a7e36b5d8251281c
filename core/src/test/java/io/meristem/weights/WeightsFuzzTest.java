package io.meristem.weights;

import static org.junit.jupiter.api.Assertions.assertNotNull;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.meristem.engine.Tensors;
import io.meristem.testing.Hostile;
import io.meristem.testing.Zips;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.ZipOutputStream;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;

/** Weights files from strangers; each target runs alone when it fuzzes. */
class WeightsFuzzTest {

    private Path file;

    /** The engine's classes take more than any input. */
    @BeforeAll
    static void startEngine() throws IOException {
        Path sound = Files.createTempFile("sound", ".safetensors");
        try (PointerScope scope = new PointerScope()) {
            Safetensors.write(sound, Map.of("x", Tensors.of(new float[] {1}, 1)), Map.of());
            try (TensorFile opened = TensorFile.open(sound)) {
                assertNotNull(opened.read("x"));
            }
        } finally {
            Files.delete(sound);
        }
    }

    @BeforeEach
    void makeFile() throws IOException {
        file = Files.createTempFile("hostile", ".weights");
    }

    @AfterEach
    void removeFile() throws IOException {
        Files.delete(file);
    }

    /** Whatever the file is. */
    @FuzzTest(maxDuration = "10m")
    void anyFile(byte[] data) throws IOException {
        assertNotNull(data);
        Files.write(file, data);
        readAll("weights");
    }

    /** A header with its right length, and as much data as the last two bytes say. */
    @FuzzTest(maxDuration = "10m")
    void safetensorsHeader(byte[] data) throws IOException {
        assertNotNull(data);
        int length = Math.max(0, data.length - 2);
        int rest = data.length < 2 ? 0 : (data[length] & 0xff) | (data[length + 1] & 0x0f) << 8;
        Files.write(
                file,
                ByteBuffer.allocate(Long.BYTES + length + rest)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(length)
                        .put(data, 0, length)
                        .array());
        readAll("safetensors header");
    }

    /** The pickle of a checkpoint that is otherwise sound. */
    @FuzzTest(maxDuration = "10m")
    void pickle(byte[] data) throws IOException {
        assertNotNull(data);
        try (OutputStream out = Files.newOutputStream(file);
                ZipOutputStream zip = new ZipOutputStream(out)) {
            Zips.store(zip, "x/data.pkl", data);
            Zips.store(zip, "x/data/0", new byte[1024]);
            Zips.store(zip, "x/data/1", new byte[16]);
        }
        readAll("pickle");
    }

    private void readAll(String target) {
        Hostile.read(target, () -> {
            try (PointerScope scope = new PointerScope();
                    TensorFile opened = TensorFile.open(file)) {
                assertNotNull(opened.metadata());
                opened.tensors().keySet().forEach(opened::read);
            }
        });
    }
}
