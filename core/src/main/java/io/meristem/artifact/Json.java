package io.meristem.artifact;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.io.CharacterEscapes;
import com.fasterxml.jackson.core.io.SerializedString;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.cfg.MutableCoercionConfig;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.jsontype.NamedType;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import com.fasterxml.jackson.databind.type.LogicalType;
import io.meristem.ErrorCode;
import io.meristem.Escape;
import io.meristem.InputException;
import io.meristem.InputFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The JSON of all our files: records as they are, names in snake_case, numbers that are not finite as null, paths as they are written, what steers a terminal as escapes. */
public final class Json {

    private static final ObjectMapper MAPPER = JsonMapper.builder(new JsonFactoryBuilder()
                    .characterEscapes(new SteeringEscapes())
                    .build())
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(SerializationFeature.FAIL_ON_EMPTY_BEANS)
            .withCoercionConfig(LogicalType.Textual, Json::textOnly)
            .serializationInclusion(JsonInclude.Include.ALWAYS)
            .annotationIntrospector(new SealedTypes())
            .addModule(finiteNumbers())
            .addModule(plainPaths())
            .build();

    private static final int DELETE = 0x7f;

    private Json() {}

    /** On one line. */
    public static String line(Object value) {
        try {
            return MAPPER.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Indented, with a newline at the end. */
    public static String pretty(Object value) {
        try {
            return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(value) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** @throws InputException when the file is not there, or does not hold what a {@code type} needs */
    public static <T> T read(Path file, Class<T> type) {
        try {
            T value = MAPPER.readValue(InputFiles.json(file), type);
            if (value == null
                    || value instanceof Object[] list && Arrays.asList(list).contains(null)) {
                throw unusable(file, type, "it says null", null);
            }
            return value;
        } catch (JsonProcessingException e) {
            throw unusable(file, type, InputFiles.reason(e), e);
        } catch (IOException e) {
            throw unusable(file, type, e.toString(), e);
        }
    }

    /** As a tree, to be looked into or changed. */
    public static JsonNode tree(Object value) {
        return MAPPER.valueToTree(value);
    }

    /**
     * What a text holds, as a tree.
     *
     * @throws JsonProcessingException when it is not JSON, or names a field twice
     */
    public static JsonNode parse(String text) throws JsonProcessingException {
        return MAPPER.readTree(text);
    }

    /** @throws JsonProcessingException when the tree does not hold what a {@code type} needs, or more */
    public static <T> T value(JsonNode tree, Class<T> type) throws JsonProcessingException {
        return MAPPER.treeToValue(tree, type);
    }

    /**
     * The lines of a {@code .jsonl} file. A last line without its end, which a process leaves that was killed while writing, is passed over.
     *
     * @throws InputException when the file is not there, or a whole line does not hold what a {@code type} needs
     */
    public static <T> List<T> lines(Path file, Class<T> type) {
        String text;
        try {
            text = InputFiles.table(file);
        } catch (IOException e) {
            throw unusable(file, type, e.toString(), e);
        }
        List<T> values = new ArrayList<>();
        int number = 0;
        for (String line : text.substring(0, text.lastIndexOf('\n') + 1).split("\n")) {
            number++;
            if (line.isBlank()) {
                continue;
            }
            try {
                T value = MAPPER.readValue(line, type);
                if (value == null) {
                    throw unusable(file, type, "line " + number + " says null", null);
                }
                values.add(value);
            } catch (JsonProcessingException e) {
                String reason = InputFiles.reason(e);
                throw unusable(file, type, "line " + number + ": " + reason, e);
            }
        }
        return values;
    }

    /** The same, and none where the file is not there. */
    static <T> List<T> linesIfThere(Path file, Class<T> type) {
        return Files.exists(file) ? lines(file, type) : List.of();
    }

    private static InputException unusable(Path file, Class<?> type, String reason, IOException cause) {
        return new InputException(
                ErrorCode.DAMAGED_FILE,
                cause,
                "%s cannot be read as a %s (%s): restore the file.",
                file,
                type.getSimpleName(),
                reason);
    }

    /** What a sealed interface permits is what may stand in its place; each record says its own name. */
    private static final class SealedTypes extends JacksonAnnotationIntrospector {

        private static final long serialVersionUID = 1;

        @Override
        public List<NamedType> findSubtypes(Annotated type) {
            Class<?>[] permitted = type.getRawType().getPermittedSubclasses();
            return permitted == null
                    ? super.findSubtypes(type)
                    : Arrays.stream(permitted).map(NamedType::new).toList();
        }
    }

    /** A number is no text. */
    private static void textOnly(MutableCoercionConfig config) {
        List.of(CoercionInputShape.Integer, CoercionInputShape.Float, CoercionInputShape.Boolean)
                .forEach(shape -> config.setCoercion(shape, CoercionAction.Fail));
    }

    /** Paths as their user wrote them, in place of Jackson's URIs. */
    private static SimpleModule plainPaths() {
        JsonDeserializer<Path> paths = new JsonDeserializer<>() {
            @Override
            public Path deserialize(JsonParser in, DeserializationContext context) throws IOException {
                return Path.of(in.getValueAsString());
            }
        };
        return new SimpleModule()
                .addSerializer(Path.class, ToStringSerializer.instance)
                .addDeserializer(Path.class, paths);
    }

    /** What {@link Escape#steers} stands as {@code \\u} and four digits, which reads as the same text. */
    private static final class SteeringEscapes extends CharacterEscapes {

        private final int[] ascii = standardAsciiEscapesForJSON();

        SteeringEscapes() {
            ascii[DELETE] = ESCAPE_STANDARD;
        }

        @Override
        public int[] getEscapeCodesForAscii() {
            return ascii;
        }

        @Override
        public SerializableString getEscapeSequence(int c) {
            return Escape.steers((char) c) ? new SerializedString(Escape.escape((char) c)) : null;
        }
    }

    private static SimpleModule finiteNumbers() {
        JsonSerializer<Number> numbers = new JsonSerializer<>() {
            @Override
            public void serialize(Number value, JsonGenerator out, SerializerProvider serializers) throws IOException {
                if (!Double.isFinite(value.doubleValue())) {
                    out.writeNull();
                } else if (value instanceof Float) {
                    out.writeNumber(value.floatValue());
                } else {
                    out.writeNumber(value.doubleValue());
                }
            }
        };
        return new SimpleModule()
                .addSerializer(Double.class, numbers)
                .addSerializer(double.class, numbers)
                .addSerializer(Float.class, numbers)
                .addSerializer(float.class, numbers);
    }
}
