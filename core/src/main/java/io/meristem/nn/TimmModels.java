package io.meristem.nn;

import io.meristem.nn.ModelSpec.WeightSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;

/**
 * The networks whose home is timm, with those of their official weights that expect a 224 pixel input and ImageNet's mean and deviation. Design
 * parameters are the publications'; tags, class counts and licences are as timm 1.0 states them, its default tag first.
 */
final class TimmModels {

    private static final int IN1K = 1000;
    private static final int IN12K = 11_821;
    private static final int IN22K = 21_841;

    private TimmModels() {}

    static List<ModelSpec> all() {
        List<ModelSpec> specs = new ArrayList<>();
        regNets(specs);
        convNexts(specs);
        return specs;
    }

    private static void regNets(List<ModelSpec> specs) {
        specs.add(regNet("002", 24, 36.44, 2.49, 8, 13, "pycls_in1k"));
        specs.add(regNet("004", 48, 27.89, 2.09, 8, 16, "tv2_in1k", "pycls_in1k"));
        specs.add(regNet("006", 48, 32.54, 2.32, 16, 15, "pycls_in1k"));
        specs.add(regNet("008", 56, 38.84, 2.4, 16, 14, "pycls_in1k"));
        specs.add(regNet("016", 48, 20.71, 2.65, 24, 27, "tv2_in1k", "pycls_in1k"));
        specs.add(regNet("032", 80, 42.63, 2.66, 24, 21, "ra_in1k", "tv2_in1k", "pycls_in1k"));
        specs.add(regNet("040", 96, 31.41, 2.24, 64, 22, "ra3_in1k", "pycls_in1k"));
        specs.add(regNet("064", 112, 33.22, 2.27, 72, 25, "ra3_in1k", "pycls_in1k"));
        specs.add(regNet("080", 192, 76.82, 2.19, 56, 17, "ra3_in1k", "pycls_in1k"));
        specs.add(regNet("120", 168, 73.36, 2.37, 112, 19, "sw_in12k_ft_in1k", "sw_in12k", "pycls_in1k"));
        specs.add(regNet(
                "160",
                200,
                106.23,
                2.48,
                112,
                18,
                "sw_in12k_ft_in1k",
                "lion_in12k_ft_in1k",
                "sw_in12k",
                "deit_in1k",
                "tv2_in1k",
                "swag_lc_in1k",
                "pycls_in1k"));
        specs.add(regNet("320", 232, 115.89, 2.53, 232, 20, "tv2_in1k", "swag_lc_in1k", "pycls_in1k"));
    }

    private static void convNexts(List<ModelSpec> specs) {
        List<Integer> shallow = List.of(2, 2, 6, 2);
        List<Integer> deep = List.of(3, 3, 27, 3);
        String[] facebook = {"fb_in22k_ft_in1k", "fb_in1k", "fb_in22k"};
        String[] both = {"in12k_ft_in1k", "in12k", "fb_in22k_ft_in1k", "fb_in1k", "fb_in22k"};
        specs.add(convNext("atto", shallow, 40, true, "d2_in1k"));
        specs.add(convNext("femto", shallow, 48, true, "d1_in1k"));
        specs.add(convNext("pico", shallow, 64, true, "d1_in1k"));
        specs.add(convNext("nano", List.of(2, 2, 8, 2), 80, true, "in12k_ft_in1k", "d1h_in1k", "in12k"));
        specs.add(convNext("tiny", List.of(3, 3, 9, 3), 96, false, both));
        specs.add(convNext("small", deep, 96, false, both));
        specs.add(convNext("base", deep, 128, false, facebook));
        specs.add(convNext("large", deep, 192, false, facebook));
        specs.add(convNext("xlarge", deep, 256, false, "fb_in22k_ft_in1k", "fb_in22k"));
    }

    private static ModelSpec regNet(String size, int w0, double wa, double wm, int group, int depth, String... tags) {
        RegNetY.Design design = new RegNetY.Design(w0, wa, wm, group, depth);
        return spec("regnety_" + size, "RegNetY", classes -> RegNetY.define(design, classes), tags);
    }

    private static ModelSpec convNext(String size, List<Integer> depths, int width, boolean convMlp, String... tags) {
        ConvNeXt.Design design = new ConvNeXt.Design(depths, width, convMlp);
        return spec("convnext_" + size, "ConvNeXt", classes -> ConvNeXt.define(design, classes), tags);
    }

    private static ModelSpec spec(String name, String family, IntFunction<Layer> definition, String... tags) {
        List<WeightSource> weights =
                Arrays.stream(tags).map(tag -> weights(name, tag)).toList();
        return new ModelSpec(
                name,
                family,
                "timm",
                224,
                32,
                Models.IMAGENET_MEAN,
                Models.IMAGENET_STD,
                "head.fc",
                definition,
                weights);
    }

    private static WeightSource weights(String name, String tag) {
        String url = "https://huggingface.co/timm/" + name + "." + tag + "/resolve/main/model.safetensors";
        int classes = tag.endsWith("in22k") ? IN22K : tag.endsWith("in12k") ? IN12K : IN1K;
        return new WeightSource(tag, url, "", classes, licence(tag));
    }

    /** By who trained the weights: pycls, torchvision and SWAG have licences of their own. */
    private static String licence(String tag) {
        if (tag.startsWith("pycls")) {
            return "mit";
        }
        if (tag.startsWith("tv2")) {
            return "bsd-3-clause";
        }
        return tag.startsWith("swag") ? "cc-by-nc-4.0" : "apache-2.0";
    }
}
