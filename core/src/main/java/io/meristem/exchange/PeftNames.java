package io.meristem.exchange;

import java.util.List;

/** The names in an adapter of PEFT. */
final class PeftNames {

    static final String CONFIG = "adapter_config.json";
    static final String WEIGHTS = "adapter_model.safetensors";

    /** The whole network that belongs under an adapter, where that is not the pretrained one: ours, PEFT does not know it. */
    /** What PEFT puts between the name of a layer that has an update and those of the layer's own tensors. */
    static final String BASE_LAYER = ".base_layer";

    static final String BASE = "base_model.safetensors";

    /** Before every name in the weights: PEFT's model, then LoRA's. */
    static final String PREFIX = "base_model.model.";

    /** A bias of B, of a layer's update with {@code lora_bias}. */
    static final String B_BIAS = ".lora_B.bias";

    static final String A = ".lora_A.weight";
    static final String B = ".lora_B.weight";

    private static final int SHOWN = 3;

    private PeftNames() {}

    /** The first few, and how many more. */
    static String first(List<String> names) {
        return String.join(", ", names.subList(0, Math.min(SHOWN, names.size())))
                + (names.size() > SHOWN ? " and " + (names.size() - SHOWN) + " more" : "");
    }
}
