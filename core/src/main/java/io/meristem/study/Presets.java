package io.meristem.study;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.artifact.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Studies and tables that have a name: {@code presets.json} beside this class, in the form of a user's own. */
public final class Presets {

    private static final JsonNode ALL = resource("presets.json");

    private Presets() {}

    public static List<String> names() {
        return keys("presets");
    }

    static List<String> tables() {
        return keys("tables");
    }

    /** @throws InputException when there is none of that name */
    static ObjectNode study(String name) {
        if (!(ALL.path("presets").get(name) instanceof ObjectNode study)) {
            throw new InputException(
                    ErrorCode.UNKNOWN_NAME,
                    "There is no preset '%s': choose one of %s.",
                    name,
                    String.join(", ", names()));
        }
        return study.deepCopy();
    }

    /** Null when there is none of that name. */
    static ObjectNode table(String name) {
        return ALL.path("tables").get(name) instanceof ObjectNode table ? table.deepCopy() : null;
    }

    private static List<String> keys(String part) {
        List<String> keys = new ArrayList<>();
        ALL.path(part).fieldNames().forEachRemaining(keys::add);
        return keys;
    }

    static JsonNode resource(String name) {
        try (InputStream in = Presets.class.getResourceAsStream(name)) {
            return Json.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(name, e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
