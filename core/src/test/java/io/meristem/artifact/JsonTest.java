package io.meristem.artifact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.InputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JsonTest {

    @TempDir
    Path folder;

    @Test
    void numbersThatAreNotFiniteBecomeNullAndPathsStayPaths() {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("a", Double.NaN);
        values.put("b", 0.5);
        values.put("c", Path.of("photos", "x.jpg"));
        assertEquals("{\"a\":null,\"b\":0.5,\"c\":\"photos/x.jpg\"}", Json.line(values));
    }

    @Test
    void aDamagedFileIsNamed() throws Exception {
        Path file = Files.writeString(folder.resolve("config.json"), "{\"model\": ");
        InputException e = assertThrows(InputException.class, () -> Json.read(file, RunConfig.class));
        assertTrue(e.getMessage().contains("config.json"), e.getMessage());
    }
}
