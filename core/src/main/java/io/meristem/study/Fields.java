package io.meristem.study;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import io.meristem.Action;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.InputFiles;
import io.meristem.Message;
import io.meristem.Setting;
import io.meristem.Wording;
import io.meristem.artifact.Json;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Turns JSON that a user wrote into settings, and what is wrong with it into one sentence. */
final class Fields {

    private static final int LONGEST_SHOWN = 40;

    /** Settings are fields in a study's file. */
    private static final Wording FILE = new Wording() {
        @Override
        public String say(Setting.Mention setting) {
            String field = PropertyNamingStrategies.SnakeCaseStrategy.INSTANCE.translate(
                    setting.setting().key());
            return "'" + field + "'" + (setting.value() == null ? "" : " " + setting.value());
        }

        @Override
        public String say(Action.Mention action) {
            return PLAIN.say(action);
        }
    };

    private final String source;

    /** @param source what the sentences call the whole, such as the file's path */
    Fields(String source) {
        this.source = source;
    }

    /**
     * @param place where {@code node} stands in the whole, such as {@code models[1]}; empty for the whole
     * @throws InputException naming the field that is not known, is missing, or does not hold what it should
     */
    <T> T read(JsonNode node, Class<T> type, String place) {
        try {
            T value = Json.value(node, type);
            if (value == null) {
                throw refuse(ErrorCode.MISSING_SETTING, place, "says null, and %s belongs there", words(type));
            }
            return value;
        } catch (JsonProcessingException e) {
            throw explain(e, node, place);
        }
    }

    /** @return the object at {@code place} */
    ObjectNode object(JsonNode node, String place) {
        if (node instanceof ObjectNode object) {
            return object;
        }
        throw refuse(ErrorCode.OUT_OF_RANGE, place, "is %s, where an object in braces belongs", shown(node));
    }

    /** "source: place what." */
    @FormatMethod
    InputException refuse(ErrorCode code, String place, @FormatString String template, Object... arguments) {
        return new InputException(
                code, "%s: %s %s.", source, place.isEmpty() ? "the study" : place, Message.of(template, arguments));
    }

    private InputException explain(JsonProcessingException e, JsonNode node, String place) {
        if (!(e instanceof JsonMappingException mapping)) {
            return refuse(ErrorCode.OUT_OF_RANGE, place, "cannot be read (%s)", InputFiles.reason(e));
        }
        String at = join(place, path(mapping.getPath()));
        if (e instanceof UnrecognizedPropertyException unknown) {
            String where = join(
                    place, path(mapping.getPath().subList(0, mapping.getPath().size() - 1)));
            return refuse(
                    ErrorCode.UNKNOWN_NAME,
                    where,
                    "has no field '%s'; its fields are %s",
                    unknown.getPropertyName(),
                    unknown.getKnownPropertyIds().stream().map(String::valueOf).collect(Collectors.joining(", ")));
        }
        if (e instanceof ValueInstantiationException && e.getCause() != null) {
            return unusable(e.getCause(), at);
        }
        JsonNode given = find(node, mapping.getPath());
        String wanted = e instanceof MismatchedInputException m && m.getTargetType() != null
                ? words(m.getTargetType())
                : "something else";
        return given.isMissingNode() || given.isNull()
                ? refuse(ErrorCode.MISSING_SETTING, at, "is missing: give %s", wanted)
                : refuse(ErrorCode.OUT_OF_RANGE, at, "is %s, where %s belongs", shown(given), wanted);
    }

    /** What a record refuses, in the words of the file. */
    InputException unusable(Throwable refusal, String place) {
        boolean known = refusal instanceof InputException;
        String why = known ? ((InputException) refusal).reason().text(FILE) : String.valueOf(refusal.getMessage());
        return refuse(
                known ? ((InputException) refusal).code() : ErrorCode.OUT_OF_RANGE,
                place,
                "cannot be used: %s",
                why.replaceFirst("\\.$", ""));
    }

    private static JsonNode find(JsonNode node, List<JsonMappingException.Reference> path) {
        JsonNode at = node;
        for (JsonMappingException.Reference step : path) {
            at = step.getFieldName() == null ? at.path(step.getIndex()) : at.path(step.getFieldName());
        }
        return at;
    }

    static String join(String place, String path) {
        if (place.isEmpty() || path.isEmpty()) {
            return place + path;
        }
        return place + (path.startsWith("[") ? "" : ".") + path;
    }

    private static String path(List<JsonMappingException.Reference> references) {
        String path = "";
        for (JsonMappingException.Reference step : references) {
            path = join(path, step.getFieldName() == null ? "[" + step.getIndex() + "]" : step.getFieldName());
        }
        return path;
    }

    private static String shown(JsonNode node) {
        String text = node.toString();
        return text.length() <= LONGEST_SHOWN ? text : text.substring(0, LONGEST_SHOWN) + "...";
    }

    private static String words(Class<?> type) {
        if (type == int.class || type == long.class || type == Integer.class || type == Long.class) {
            return "a whole number";
        }
        if (type == double.class || type == float.class || Number.class.isAssignableFrom(type)) {
            return "a number";
        }
        if (type == boolean.class || type == Boolean.class) {
            return "true or false";
        }
        if (type.isEnum()) {
            return "one of "
                    + Arrays.stream(type.getEnumConstants())
                            .map(constant -> String.valueOf(constant).toLowerCase(Locale.ROOT))
                            .collect(Collectors.joining(", "));
        }
        if (Collection.class.isAssignableFrom(type) || type.isArray()) {
            return "a list in brackets";
        }
        return type == String.class || type == java.nio.file.Path.class ? "a text" : "an object in braces";
    }
}
