package io.meristem.onnx;

import static org.junit.jupiter.api.Assertions.assertNotNull;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.meristem.testing.Hostile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;

/**
 * What looks at ONNX files from strangers before the runtime does. The runtime itself is native code, which the fuzzer does not see into; {@link
 * OnnxMutationTest} tries it by other means.
 */
class OnnxFuzzTest {

    @BeforeAll
    static void loadClasses() throws Exception {
        Hostile.loadClasses(OnnxFuzzTest.class, "guard", OnnxFuzzTest::read);
    }

    @FuzzTest(maxDuration = "10m")
    void guard(byte[] data) {
        assertNotNull(data);
        Hostile.read("ONNX", () -> read(data));
    }

    private static void read(byte[] data) throws IOException {
        Path file = Files.createTempFile("hostile", ".onnx");
        try {
            Files.write(file, data);
            OnnxGuard.require(file);
        } finally {
            Files.delete(file);
        }
    }
}
