package io.meristem.zoo;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Every network that can be built, by the name that its home library gives it. Finding and defining one does not start the engine. */
public final class Models {

    private static final int NEAR = 3;
    private static final Map<String, ModelSpec> ALL = build();

    private Models() {}

    private static Map<String, ModelSpec> build() {
        Map<String, ModelSpec> byName = new LinkedHashMap<>();
        Stream.of(
                        AlexNet.all(),
                        MobileNetV2.all(),
                        RegNetY.all(),
                        ConvNeXt.all(),
                        ShuffleNetV2.all(),
                        EfficientNet.all())
                .flatMap(List::stream)
                .forEach(spec -> byName.put(spec.name(), spec));
        return Collections.unmodifiableMap(byName);
    }

    /**
     * The network of that name. {@code mobilenet_v2_035} is MobileNetV2 with 0.35 of the channels: any three digits but 000, in hundredths.
     *
     * @throws InputException when there is none
     */
    public static ModelSpec find(String name) {
        ModelSpec spec = ALL.get(name);
        if (spec != null) {
            return spec;
        }
        Optional<ModelSpec> odd = MobileNetV2.named(name);
        if (odd.isPresent()) {
            return odd.get();
        }
        String near = ALL.keySet().stream()
                .sorted(Comparator.comparingInt(known -> distance(name, known)))
                .limit(NEAR)
                .collect(Collectors.joining(", "));
        throw new InputException(
                ErrorCode.UNKNOWN_NAME, "there is no model named '%s'; the nearest names are %s", name, near);
    }

    /** All networks but the MobileNetV2 of odd widths, smaller before larger within a family. */
    public static List<ModelSpec> all() {
        return List.copyOf(ALL.values());
    }

    /** The names that authors gave in releases of their own, each once. */
    public static List<ReleaseNames> releases() {
        return ALL.values().stream()
                .map(ModelSpec::release)
                .filter(Objects::nonNull)
                .distinct()
                .toList();
    }

    /** Levenshtein's edit distance. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }
}
