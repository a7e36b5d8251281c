package io.meristem.study;

import static org.junit.jupiter.api.Assertions.assertNotNull;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.meristem.testing.Hostile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Specifications from strangers. */
class StudyFuzzTest {

    @FuzzTest(maxDuration = "10m")
    void specification(byte[] data) throws IOException {
        assertNotNull(data);
        Path file = Files.createTempFile("hostile", ".json");
        try {
            Files.write(file, data);
            Hostile.read(
                    "study",
                    () -> assertNotNull(
                            StudyReader.file(file, Scale.NONE).json().toString()));
        } finally {
            Files.delete(file);
        }
    }
}
