package io.meristem.weights;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import io.meristem.Limit;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The directory at the start of a safetensors file.
 *
 * <p>Format: 8 bytes, the header's length N as an unsigned little-endian integer; N bytes of JSON,
 * {@code {"__metadata__": {..}, name: {"dtype", "shape", "data_offsets": [begin, end]}, ..}}; then the data that the offsets count from. The
 * tensors fill the data without gaps or overlap.
 */
record SafetensorsHeader(Map<String, TensorEntry> entries, Map<String, String> metadata) {

    static final String METADATA = "__metadata__";

    /** One tensor: what it is and where its bytes begin in the data. */
    record TensorEntry(TensorInfo info, long begin) {}

    private record Raw(String dtype, List<Long> shape, List<Long> offsets) {}

    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    /**
     * @param dataBytes what the file holds after the header
     * @throws IOException whose message says in a few words what is wrong
     */
    static SafetensorsHeader parse(byte[] json, long dataBytes) throws IOException {
        Map<String, TensorEntry> entries = new LinkedHashMap<>();
        Map<String, String> metadata = new LinkedHashMap<>();
        long most = Limit.WEIGHTS_TENSORS.value();
        try (JsonParser parser = JSON.createParser(json)) {
            expect(parser.nextToken() == JsonToken.START_OBJECT, "its header is not a JSON object");
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                expect(entries.size() < most, "it names more tensors than " + Limit.WEIGHTS_TENSORS.words());
                expect(parser.nextToken() == JsonToken.START_OBJECT, "its header says nothing about " + quote(name));
                if (name.equals(METADATA)) {
                    readMetadata(parser, metadata);
                } else {
                    entries.put(name, entry(name, readEntry(parser, name)));
                }
            }
            expect(parser.nextToken() == null, "its header goes on after its end");
        }
        checkLayout(entries, dataBytes);
        return new SafetensorsHeader(entries, metadata);
    }

    private static void readMetadata(JsonParser parser, Map<String, String> metadata) throws IOException {
        long most = Limit.WEIGHTS_METADATA.value();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String key = parser.currentName();
            expect(parser.nextToken() == JsonToken.VALUE_STRING, "its metadata " + quote(key) + " is not a text");
            metadata.put(key, parser.getText());
            expect(metadata.size() <= most, "its metadata has more entries than " + Limit.WEIGHTS_METADATA.words());
        }
    }

    private static Raw readEntry(JsonParser parser, String name) throws IOException {
        String dtype = null;
        List<Long> shape = null;
        List<Long> offsets = null;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String field = parser.currentName();
            JsonToken value = parser.nextToken();
            switch (field) {
                case "dtype" -> {
                    expect(value == JsonToken.VALUE_STRING, "the dtype of " + quote(name) + " is not a text");
                    dtype = parser.getText();
                }
                case "shape" -> shape = numbers(parser, value, name, Limit.WEIGHTS_DIMENSIONS.intValue());
                case "data_offsets" -> offsets = numbers(parser, value, name, 2);
                default -> throw new IOException("tensor " + quote(name) + " has an unknown field " + quote(field));
            }
        }
        expect(
                dtype != null && shape != null && offsets != null && offsets.size() == 2,
                "tensor " + quote(name) + " lacks its dtype, shape or data_offsets");
        return new Raw(dtype, shape, offsets);
    }

    private static List<Long> numbers(JsonParser parser, JsonToken first, String name, int most) throws IOException {
        expect(first == JsonToken.START_ARRAY, "a size of tensor " + quote(name) + " is not a list");
        List<Long> numbers = new ArrayList<>();
        for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            expect(token == JsonToken.VALUE_NUMBER_INT, "a size of tensor " + quote(name) + " is not a whole number");
            long number = parser.getLongValue();
            expect(number >= 0, "a size of tensor " + quote(name) + " is negative");
            numbers.add(number);
            expect(numbers.size() <= most, "tensor " + quote(name) + " has too many sizes");
        }
        return numbers;
    }

    private static TensorEntry entry(String name, Raw raw) throws IOException {
        Dtype dtype = Dtype.named(raw.dtype);
        expect(dtype != null, "tensor " + quote(name) + " has the unsupported dtype " + quote(raw.dtype));
        TensorInfo info;
        try {
            info = new TensorInfo(dtype, raw.shape);
        } catch (ArithmeticException e) {
            throw new IOException("tensor " + quote(name) + " is impossibly large", e);
        }
        long begin = raw.offsets.get(0);
        long end = raw.offsets.get(1);
        expect(
                end >= begin && end - begin == info.bytes(),
                "tensor " + quote(name) + " of shape " + raw.shape + " and dtype " + dtype + " needs " + info.bytes()
                        + " bytes but its data_offsets are [" + begin + ", " + end + "]");
        return new TensorEntry(info, begin);
    }

    private static void checkLayout(Map<String, TensorEntry> entries, long dataBytes) throws IOException {
        List<Map.Entry<String, TensorEntry>> order = new ArrayList<>(entries.entrySet());
        order.sort(Comparator.comparingLong((Map.Entry<String, TensorEntry> e) -> e.getValue().begin)
                .thenComparingLong(e -> e.getValue().info.bytes()));
        long position = 0;
        for (Map.Entry<String, TensorEntry> named : order) {
            TensorEntry entry = named.getValue();
            expect(
                    entry.begin == position,
                    "tensor " + quote(named.getKey()) + " begins at byte " + entry.begin + " of the data, where "
                            + position + " was expected");
            // Cannot overflow: position stays within the file's size.
            expect(
                    entry.info.bytes() <= dataBytes - position,
                    "tensor " + quote(named.getKey()) + " ends beyond the file, which is probably cut short");
            position += entry.info.bytes();
        }
        expect(
                position == dataBytes,
                "its tensors take " + position + " bytes, but " + dataBytes + " follow the header");
    }

    private static void expect(boolean condition, String otherwise) throws IOException {
        if (!condition) {
            throw new IOException(otherwise);
        }
    }

    private static String quote(String name) {
        return "'" + (name.length() > 80 ? name.substring(0, 80) + "…" : name) + "'";
    }
}
