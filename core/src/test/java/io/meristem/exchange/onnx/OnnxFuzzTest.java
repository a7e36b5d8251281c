package io.meristem.exchange.onnx;

import static org.junit.jupiter.api.Assertions.assertNotNull;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.meristem.testing.Hostile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/** ONNX files from strangers. */
class OnnxFuzzTest {

    @FuzzTest(maxDuration = "10m")
    void file(byte[] data) throws IOException {
        assertNotNull(data);
        Path file = Files.createTempFile("hostile", ".onnx");
        try {
            Files.write(file, data);
            Hostile.read("ONNX", () -> {
                try (OnnxClassifier classifier = OnnxClassifier.open(file, 1)) {
                    int length = classifier.preprocess().length();
                    if (length < 1 << 16) {
                        ByteBuffer zeros =
                                ByteBuffer.allocateDirect(length * Float.BYTES).order(ByteOrder.nativeOrder());
                        classifier.logits(zeros.asFloatBuffer(), 1);
                    }
                }
            });
        } finally {
            Files.delete(file);
        }
    }
}
