package io.meristem.study;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.meristem.NamedTypes;
import io.meristem.artifact.Json;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;

/**
 * The settings that a method has when nobody gives them, read off its record: from its constant {@code DEFAULT}, or else from the {@code DEFAULT} of a
 * field's type. A field that is itself one of several named records takes the defaults of the one that is named.
 */
final class MethodDefaults {

    private static final SnakeCaseStrategy SNAKE = new SnakeCaseStrategy();

    private MethodDefaults() {}

    /** A record's fields as JSON knows them. */
    static List<String> fields(Class<?> type) {
        return Arrays.stream(type.getRecordComponents())
                .map(component -> SNAKE.translate(component.getName()))
                .toList();
    }

    /** @param given what a user says, which decides among named records of a field */
    static ObjectNode of(String name, Class<?> type, ObjectNode given) {
        Object whole = NamedTypes.constant(type).orElse(null);
        ObjectNode usual = whole != null
                ? (ObjectNode) Json.tree(whole)
                : JsonNodeFactory.instance.objectNode().put("name", name);
        for (RecordComponent component : type.getRecordComponents()) {
            String field = SNAKE.translate(component.getName());
            Object part =
                    whole == null ? NamedTypes.constant(component.getType()).orElse(null) : null;
            if (part != null) {
                usual.set(field, Json.tree(part));
            }
            JsonNode wanted = given.path(field).path("name");
            Class<?> other = NamedTypes.of(component.getType()).get(wanted.asText());
            if (other != null && !wanted.equals(usual.path(field).path("name"))) {
                usual.set(field, of(wanted.asText(), other, (ObjectNode) given.get(field)));
            }
        }
        return usual;
    }
}
