package io.meristem.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.InputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** ONNX files made to harm, by bench/peers/hostile_onnx.py; {@link OnnxFuzzTest} begins with the same. */
class HostileOnnxTest {

    @TempDir
    Path dir;

    @Test
    void readsASoundOne() throws IOException {
        try (OnnxClassifier classifier = OnnxClassifier.open(file("sound.onnx"), 1)) {
            assertEquals(2, classifier.classes().size());
        }
    }

    @Test
    void readsNoOtherFile() throws IOException {
        assertTrue(refused("external.onnx").contains("numbers from other files"));
    }

    @Test
    void doesNotLoop() throws IOException {
        assertTrue(refused("loop.onnx").contains("does Loop"));
    }

    @Test
    void refusesGarbage() throws IOException {
        assertTrue(refused("garbage").contains("damaged"));
    }

    private String refused(String name) throws IOException {
        Path file = file(name);
        return assertThrows(InputException.class, () -> OnnxClassifier.open(file, 1))
                .getMessage();
    }

    private Path file(String name) throws IOException {
        Path file = dir.resolve("x.onnx");
        try (InputStream in = HostileOnnxTest.class.getResourceAsStream("OnnxFuzzTestInputs/guard/" + name)) {
            Files.write(file, in.readAllBytes());
        }
        return file;
    }
}
