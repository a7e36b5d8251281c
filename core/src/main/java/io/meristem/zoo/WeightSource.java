package io.meristem.zoo;

/**
 * A file of official weights.
 *
 * @param tag a name for it among the model's weights, such as {@code imagenet1k_v1}
 * @param sha256 the whole checksum or the prefix that the file name carries; empty when none is known
 * @param classes of its head
 * @param licence as stated by its publisher
 */
public record WeightSource(String tag, String url, String sha256, int classes, String licence) {

    private static final int IN1K = 1000;
    private static final int IN12K = 11_821;
    private static final int IN22K = 21_841;

    /** Of torchvision, whose file names end in the beginning of their checksum. */
    static WeightSource torchvision(String tag, String file) {
        String sha256 = file.substring(file.lastIndexOf('-') + 1, file.lastIndexOf('.'));
        return new WeightSource(tag, "https://download.pytorch.org/models/" + file, sha256, IN1K, "BSD-3-Clause");
    }

    /** Of timm, as it states tags, class counts and licences in version 1.0. */
    static WeightSource timm(String model, String tag) {
        String url = "https://huggingface.co/timm/" + model + "." + tag + "/resolve/main/model.safetensors";
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
