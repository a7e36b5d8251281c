package io.meristem;

import com.fasterxml.jackson.annotation.JsonTypeName;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The records that a sealed interface permits, by the names that files know them by. A record is listed once, in {@code permits}, and named once, by
 * {@link JsonTypeName} on it.
 */
public final class NamedTypes {

    private NamedTypes() {}

    /** The name of a record. */
    public static String name(Class<?> type) {
        JsonTypeName name = type.getAnnotation(JsonTypeName.class);
        if (name == null) {
            throw new IllegalStateException(type.getSimpleName() + " has no @JsonTypeName");
        }
        return name.value();
    }

    /** All that a sealed interface permits, in its order; none of another type. */
    public static <T> Map<String, Class<? extends T>> of(Class<T> type) {
        Map<String, Class<? extends T>> byName = new LinkedHashMap<>();
        if (type.isSealed()) {
            for (Class<?> permitted : type.getPermittedSubclasses()) {
                if (byName.put(name(permitted), permitted.asSubclass(type)) != null) {
                    throw new IllegalStateException("two of " + type.getSimpleName() + " are named " + name(permitted));
                }
            }
        }
        return byName;
    }

    /** The usual settings of a record that has some: its constant {@code DEFAULT}, or its only value where it has no components. */
    public static <T> T usual(Class<T> type) {
        return constant(type).orElseGet(() -> {
            try {
                return type.getConstructor().newInstance();
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(
                        type.getSimpleName() + " has neither a constant DEFAULT nor a constructor without arguments",
                        e);
            }
        });
    }

    /** The constant {@code DEFAULT} of a type, where it has one. */
    public static <T> Optional<T> constant(Class<T> type) {
        try {
            Field field = type.getField("DEFAULT");
            return Modifier.isStatic(field.getModifiers()) && type.isAssignableFrom(field.getType())
                    ? Optional.of(type.cast(field.get(null)))
                    : Optional.empty();
        } catch (ReflectiveOperationException e) {
            return Optional.empty();
        }
    }
}
