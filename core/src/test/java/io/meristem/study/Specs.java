package io.meristem.study;

import com.fasterxml.jackson.databind.JsonNode;
import io.meristem.artifact.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Studies for tests. */
final class Specs {

    private Specs() {}

    /** Some model without weights, on photos that nobody looks at. */
    static Scale scratch(String... methods) {
        return new Scale(
                null,
                List.of("mobilenet_v2"),
                List.of("/photos/leaves"),
                Map.of("", "scratch"),
                null,
                null,
                null,
                null,
                List.of(),
                List.of(),
                null,
                null,
                List.of(methods));
    }

    static Scale filtered(String... methods) {
        return new Scale(
                null,
                List.of(),
                List.of(),
                Map.of(),
                null,
                null,
                null,
                null,
                List.of(),
                List.of(),
                null,
                null,
                List.of(methods));
    }

    static Study read(JsonNode json) throws IOException {
        return read(Json.pretty(json), Scale.NONE);
    }

    static Study read(String json, Scale scale) throws IOException {
        Path file = Files.createTempFile("study", ".json");
        try {
            Files.writeString(file, json);
            return StudyReader.file(file, scale);
        } finally {
            Files.delete(file);
        }
    }
}
