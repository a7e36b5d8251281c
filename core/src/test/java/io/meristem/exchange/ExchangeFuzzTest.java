package io.meristem.exchange;

import static org.junit.jupiter.api.Assertions.assertNotNull;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.meristem.testing.Hostile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;

/** What files from elsewhere say about themselves; each target runs alone when it fuzzes. */
class ExchangeFuzzTest {

    @BeforeAll
    static void loadClasses() throws Exception {
        Hostile.loadClasses(ExchangeFuzzTest.class, "peftConfig", ExchangeFuzzTest::readConfig);
        Hostile.loadClasses(ExchangeFuzzTest.class, "metadata", ExchangeFuzzTest::readMetadata);
    }

    @FuzzTest(maxDuration = "10m")
    void peftConfig(byte[] data) {
        assertNotNull(data);
        Hostile.read("adapter_config.json", () -> readConfig(data));
    }

    private static void readConfig(byte[] data) throws IOException {
        Path file = Files.createTempFile("hostile", ".json");
        try {
            Files.write(file, data);
            PeftConfig.read(file).scaling("features.1.conv.0.0", 8);
        } finally {
            Files.delete(file);
        }
    }

    @FuzzTest(maxDuration = "10m")
    void metadata(byte[] data) {
        assertNotNull(data);
        Hostile.read("metadata", () -> readMetadata(data));
    }

    private static void readMetadata(byte[] data) {
        String text = new String(data, StandardCharsets.UTF_8);
        ClassifierInfo info = ClassifierInfo.of(Path.of("x"), Map.of(ClassifierInfo.KEY, text));
        assertNotNull(info.asModel(null).preprocess());
        assertNotNull(info.onBase("abc").metadata());
    }
}
