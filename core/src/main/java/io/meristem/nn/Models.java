package io.meristem.nn;

import io.meristem.InputException;
import io.meristem.nn.ModelSpec.WeightSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Every network that can be built, by the name that its home library gives it. Finding and defining one does not start the engine. */
public final class Models {

    static final List<Float> IMAGENET_MEAN = List.of(0.485f, 0.456f, 0.406f);
    static final List<Float> IMAGENET_STD = List.of(0.229f, 0.224f, 0.225f);

    private static final Pattern MOBILENET_WIDTH = Pattern.compile("mobilenet_v2_(\\d{3})");
    private static final int NEAR = 3;
    private static final Map<String, ModelSpec> ALL = build();

    private Models() {}

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
        Matcher width = MOBILENET_WIDTH.matcher(name);
        if (width.matches() && !width.group(1).equals("000")) {
            return mobileNet(name, Integer.parseInt(width.group(1)) / 100.0, List.of());
        }
        String near = ALL.keySet().stream()
                .sorted(Comparator.comparingInt(known -> distance(name, known)))
                .limit(NEAR)
                .collect(Collectors.joining(", "));
        throw new InputException("there is no model named '" + name + "'; the nearest names are " + near);
    }

    /** All networks but the MobileNetV2 of odd widths, smaller before larger within a family. */
    public static List<ModelSpec> all() {
        return List.copyOf(ALL.values());
    }

    private static Map<String, ModelSpec> build() {
        List<ModelSpec> specs = new ArrayList<>();
        specs.add(new ModelSpec(
                "alexnet",
                "AlexNet",
                "torchvision",
                224,
                63,
                IMAGENET_MEAN,
                IMAGENET_STD,
                "classifier.6",
                AlexNet::new,
                List.of(torchvision("imagenet1k_v1", "alexnet-owt-7be5be79.pth", "7be5be79"))));
        specs.add(mobileNet(
                "mobilenet_v2",
                1,
                List.of(
                        torchvision("imagenet1k_v1", "mobilenet_v2-b0353104.pth", "b0353104"),
                        torchvision("imagenet1k_v2", "mobilenet_v2-7ebf99e0.pth", "7ebf99e0"))));
        specs.addAll(TimmModels.all());
        Map<String, ModelSpec> byName = new LinkedHashMap<>();
        specs.forEach(spec -> byName.put(spec.name(), spec));
        return Collections.unmodifiableMap(byName);
    }

    private static ModelSpec mobileNet(String name, double width, List<WeightSource> weights) {
        return new ModelSpec(
                name,
                "MobileNetV2",
                "torchvision",
                224,
                32,
                IMAGENET_MEAN,
                IMAGENET_STD,
                "classifier.1",
                classes -> new MobileNetV2(width, classes),
                weights);
    }

    private static WeightSource torchvision(String tag, String file, String sha256) {
        return new WeightSource(tag, "https://download.pytorch.org/models/" + file, sha256, 1000, "BSD-3-Clause");
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
