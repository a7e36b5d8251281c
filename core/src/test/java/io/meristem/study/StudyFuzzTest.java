package io.meristem.study;

import static org.junit.jupiter.api.Assertions.assertNotNull;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.meristem.testing.Hostile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;

/** Specifications from strangers. */
class StudyFuzzTest {

    @BeforeAll
    static void loadClasses() throws Exception {
        Hostile.loadClasses(StudyFuzzTest.class, "specification", StudyFuzzTest::read);
    }

    @FuzzTest(maxDuration = "10m")
    void specification(byte[] data) {
        assertNotNull(data);
        Hostile.read("study", () -> read(data));
    }

    private static void read(byte[] data) throws IOException {
        Path file = Files.createTempFile("hostile", ".json");
        try {
            Files.write(file, data);
            assertNotNull(StudyReader.file(file, Scale.NONE).json().toString());
        } finally {
            Files.delete(file);
        }
    }
}
