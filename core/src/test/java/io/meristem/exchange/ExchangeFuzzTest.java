package io.meristem.exchange;

import static org.junit.jupiter.api.Assertions.assertNotNull;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.meristem.testing.Hostile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** What files from elsewhere say about themselves; each target runs alone when it fuzzes. */
class ExchangeFuzzTest {

    @FuzzTest(maxDuration = "10m")
    void peftConfig(byte[] data) throws IOException {
        assertNotNull(data);
        Path file = Files.createTempFile("hostile", ".json");
        try {
            Files.write(file, data);
            Hostile.read("adapter_config.json", () -> {
                PeftConfig config = PeftConfig.read(file);
                config.scaling("features.1.conv.0.0", 8);
            });
        } finally {
            Files.delete(file);
        }
    }

    @FuzzTest(maxDuration = "10m")
    void metadata(byte[] data) {
        assertNotNull(data);
        String text = new String(data, StandardCharsets.UTF_8);
        Hostile.read("metadata", () -> {
            ClassifierInfo info = ClassifierInfo.of(Path.of("x"), Map.of(ClassifierInfo.KEY, text));
            assertNotNull(info.asModel(null).preprocess());
            assertNotNull(info.onBase("abc").metadata());
        });
    }
}
