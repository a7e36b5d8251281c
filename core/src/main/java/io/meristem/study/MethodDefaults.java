package io.meristem.study;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.meristem.artifact.Json;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The settings that a method has when nobody gives them, read off its record: from its constant {@code DEFAULT}, or else from the {@code DEFAULT} of a
 * field's type. A field that is itself one of several named records takes the defaults of the one that is named.
 */
final class MethodDefaults {

    private static final SnakeCaseStrategy SNAKE = new SnakeCaseStrategy();

    private MethodDefaults() {}

    /** The records that a type is open to, by the names that JSON knows them by. */
    static Map<String, Class<?>> named(Class<?> type) {
        Map<String, Class<?>> known = new TreeMap<>();
        JsonSubTypes types = type.getAnnotation(JsonSubTypes.class);
        if (types != null) {
            for (JsonSubTypes.Type sub : types.value()) {
                known.put(sub.name(), sub.value());
            }
        }
        return known;
    }

    /** A record's fields as JSON knows them. */
    static List<String> fields(Class<?> type) {
        return Arrays.stream(type.getRecordComponents())
                .map(component -> SNAKE.translate(component.getName()))
                .toList();
    }

    /** @param given what a user says, which decides among named records of a field */
    static ObjectNode of(String name, Class<?> type, ObjectNode given) {
        Object whole = constant(type);
        ObjectNode usual = whole != null
                ? (ObjectNode) Json.tree(whole)
                : JsonNodeFactory.instance.objectNode().put("name", name);
        for (RecordComponent component : type.getRecordComponents()) {
            String field = SNAKE.translate(component.getName());
            Object part = whole == null ? constant(component.getType()) : null;
            if (part != null) {
                usual.set(field, Json.tree(part));
            }
            JsonNode wanted = given.path(field).path("name");
            Class<?> other = named(component.getType()).get(wanted.asText());
            if (other != null && !wanted.equals(usual.path(field).path("name"))) {
                usual.set(field, of(wanted.asText(), other, (ObjectNode) given.get(field)));
            }
        }
        return usual;
    }

    private static Object constant(Class<?> type) {
        try {
            Field field = type.getField("DEFAULT");
            return Modifier.isStatic(field.getModifiers()) && type.isAssignableFrom(field.getType())
                    ? field.get(null)
                    : null;
        } catch (ReflectiveOperationException e) {
            return null;
        }
    }
}
