package io.meristem.onnx;

import io.meristem.Action;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Setting;
import io.meristem.artifact.Json;
import io.meristem.data.image.Preprocess;
import io.meristem.exchange.ClassifierInfo;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * What an ONNX file of ours says about itself in its metadata.
 *
 * @param info classes, preparation of photos and origin, under the key that other exports have it under
 * @param input what the file takes, under {@code meristem.input}
 * @param temperature what logits are divided by before the softmax, under {@code meristem.temperature}; null where it was never fitted, which counts as 1
 */
public record OnnxCard(ClassifierInfo info, OnnxInput input, Double temperature) {

    private static final String INPUT = ClassifierInfo.KEY + ".input";
    private static final String TEMPERATURE = ClassifierInfo.TEMPERATURE;

    public OnnxCard {
        Objects.requireNonNull(info, "info");
        Objects.requireNonNull(input, "input");
        if (temperature != null && !(temperature > 0 && Double.isFinite(temperature))) {
            throw new IllegalArgumentException("a temperature of " + temperature);
        }
    }

    public Preprocess preprocess() {
        return info.asModel(null).preprocess();
    }

    /** As key and value pairs. */
    Map<String, String> toMetadata() {
        Map<String, String> metadata = new TreeMap<>();
        metadata.put(ClassifierInfo.KEY, Json.line(info));
        metadata.put(INPUT, input.name().toLowerCase(Locale.ROOT));
        if (temperature != null) {
            metadata.put(TEMPERATURE, temperature.toString());
        }
        return metadata;
    }

    /** @throws InputException when the file is none of ours, or says something that cannot be */
    static OnnxCard of(Path file, Map<String, String> metadata) {
        ClassifierInfo info = ClassifierInfo.of(file, metadata);
        if (info == null) {
            throw new InputException(
                    ErrorCode.WRONG_KIND,
                    "%s is an ONNX file without class names and preparation of ours: give one that %s wrote.",
                    file,
                    Action.EXPORT.with(Setting.FORMAT.as("onnx")));
        }
        try {
            String temperature = metadata.get(TEMPERATURE);
            OnnxCard card = new OnnxCard(
                    info,
                    OnnxInput.valueOf(String.valueOf(metadata.get(INPUT)).toUpperCase(Locale.ROOT)),
                    temperature == null ? null : Double.valueOf(temperature));
            card.preprocess();
            return card;
        } catch (IllegalArgumentException | NullPointerException e) {
            throw new InputException(
                    ErrorCode.DAMAGED_FILE,
                    e,
                    "The metadata of %s cannot be used (%s): export it again.",
                    file,
                    e.getMessage());
        }
    }
}
