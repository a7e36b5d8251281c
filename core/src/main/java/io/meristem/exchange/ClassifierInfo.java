package io.meristem.exchange;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.InputFiles;
import io.meristem.artifact.Json;
import io.meristem.artifact.RunConfig;
import io.meristem.data.image.Fit;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * What one must know beside the numbers to use an exported classifier; it travels in the metadata of the file.
 *
 * @param model in the registry
 * @param classes names in label order
 * @param input how photos are prepared
 * @param origin where it comes from
 */
public record ClassifierInfo(String model, List<String> classes, Input input, Origin origin) {

    /** The metadata's key for all of this, as JSON. */
    public static final String KEY = "meristem";

    /** The metadata's key for what logits are divided by before the softmax; absent where that was never fitted. */
    public static final String TEMPERATURE = KEY + ".temperature";

    /**
     * How a photo becomes the network's input.
     *
     * @param size side of the square, pixels
     * @param cropFraction share of the scaled photo's side that the centre crop keeps
     * @param fit {@code crop} or {@code squash}
     * @param mean of RGB in [0, 1]
     * @param std likewise
     */
    public record Input(int size, double cropFraction, String fit, List<Float> mean, List<Float> std) {

        /** Whether nothing is missing. */
        private boolean isWhole() {
            return fit != null
                    && Arrays.stream(Fit.values()).anyMatch(f -> f.name().equalsIgnoreCase(fit))
                    && mean != null
                    && std != null
                    && mean.stream().allMatch(Objects::nonNull)
                    && std.stream().allMatch(Objects::nonNull);
        }

        public Fit way() {
            return Fit.valueOf(fit.toUpperCase(Locale.ROOT));
        }
    }

    /**
     * Where a classifier comes from.
     *
     * @param meristem the version that trained it
     * @param method label of the method
     * @param seed of the training
     * @param epoch whose state this is, or null where nobody says
     * @param rank that a DyLoRA run was cut to, or null
     * @param baseSha256 of the file of pretrained weights, or null for none
     * @param dataFingerprint of the photos
     * @param synthetic whether the photos are drawings
     */
    public record Origin(
            String meristem,
            String method,
            long seed,
            Integer epoch,
            Integer rank,
            String baseSha256,
            String dataFingerprint,
            boolean synthetic) {}

    public ClassifierInfo {
        classes = List.copyOf(classes);
    }

    /** The same of a network that stands on other pretrained weights. */
    ClassifierInfo onBase(String sha256) {
        Origin o = origin;
        return new ClassifierInfo(
                model,
                classes,
                input,
                new Origin(o.meristem, o.method, o.seed, o.epoch, o.rank, sha256, o.dataFingerprint, o.synthetic));
    }

    /** A file's metadata. {@code format} is what libraries of PyTorch ask for. */
    Map<String, String> metadata() {
        Map<String, String> words = new TreeMap<>();
        words.put("format", "pt");
        words.put(KEY, Json.line(this));
        return words;
    }

    /**
     * @return what a file says of itself, or null where it says nothing
     * @throws InputException when it says something else
     */
    public static ClassifierInfo of(Path file, Map<String, String> metadata) {
        String text = metadata.get(KEY);
        if (text == null) {
            return null;
        }
        try {
            ClassifierInfo info = Json.value(Json.parse(text), ClassifierInfo.class);
            if (info == null
                    || info.model == null
                    || info.input == null
                    || !info.input.isWhole()
                    || info.origin == null
                    || info.classes.isEmpty()) {
                throw new InputException(
                        ErrorCode.DAMAGED_FILE,
                        "The metadata of %s lacks the model, the input, the origin or the classes, or one of them cannot be used: export it again.",
                        file);
            }
            requireUse(file, info);
            return info;
        } catch (JsonProcessingException e) {
            throw new InputException(
                    ErrorCode.DAMAGED_FILE,
                    e,
                    "The metadata of %s cannot be read (%s): export it again.",
                    file,
                    InputFiles.reason(e));
        }
    }

    private static void requireUse(Path file, ClassifierInfo info) {
        try {
            info.asModel(null).preprocess();
        } catch (InputException e) {
            throw new InputException(
                    ErrorCode.DAMAGED_FILE, e, "The metadata of %s cannot be used. %s", file, e.sentence());
        }
    }

    /** The network of this file as a run's configuration has it. */
    public RunConfig.Model asModel(Path weights) {
        return new RunConfig.Model(
                model,
                weights == null ? null : weights.toString(),
                input.size,
                input.cropFraction,
                input.way(),
                input.mean,
                input.std);
    }
}
