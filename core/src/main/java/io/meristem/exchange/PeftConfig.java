package io.meristem.exchange;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.InputFiles;
import io.meristem.artifact.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The {@code adapter_config.json} of a LoRA adapter, as far as it changes what the adapter computes. Options that do, and have no equal here, are
 * refused when it is read, known to us or not.
 *
 * @param targets which layers have updates
 * @param modulesToSave names or ends of names of the modules that are saved as a whole
 * @param savesBiases whether biases of the network trained and were saved
 * @param biasOfB whether each B has a bias, {@code lora_bias}
 */
record PeftConfig(
        Path file,
        int rank,
        double alpha,
        Map<String, Double> ranks,
        Map<String, Double> alphas,
        boolean rankStabilised,
        double dropout,
        PeftTargets targets,
        List<String> modulesToSave,
        String baseModel,
        boolean savesBiases,
        boolean biasOfB) {

    private static final String NO_BIAS = "none";

    /** These change nothing about a finished adapter's function, or are read below. */
    private static final Set<String> HARMLESS = Set.of(
            "peft_type",
            "task_type",
            "auto_mapping",
            "base_model_name_or_path",
            "revision",
            "inference_mode",
            "peft_version",
            "r",
            "lora_alpha",
            "rank_pattern",
            "alpha_pattern",
            "use_rslora",
            "lora_dropout",
            "target_modules",
            "exclude_modules",
            "layers_to_transform",
            "layers_pattern",
            "modules_to_save",
            "init_lora_weights",
            "bias",
            "lora_bias",
            "loftq_config",
            "eva_config",
            "corda_config",
            "lora_ga_config",
            "megatron_core",
            "runtime_config",
            "ensure_weight_tying",
            "qalora_group_size");

    /** Starts that leave the pretrained weights as they are; the others move a part of them into the adapter. */
    private static final Set<String> PLAIN_STARTS = Set.of("gaussian", "eva", "orthogonal");

    private static final Set<String> BIASES = Set.of(NO_BIAS, "all", "lora_only");

    static PeftConfig read(Path file) {
        try {
            JsonNode tree = Json.parse(InputFiles.json(file));
            if (tree == null || !tree.isObject()) {
                throw new InputException(
                        ErrorCode.WRONG_KIND,
                        "%s is not an adapter's configuration: save the adapter again with PEFT.",
                        file);
            }
            return of(file, tree);
        } catch (JsonProcessingException e) {
            throw new InputException(
                    ErrorCode.DAMAGED_FILE,
                    e,
                    "%s cannot be read (%s): save the adapter again with PEFT.",
                    file,
                    InputFiles.reason(e));
        } catch (IOException e) {
            throw new InputException(ErrorCode.NOT_READABLE, e, "%s cannot be read (%s): check the folder.", file, e);
        }
    }

    private static PeftConfig of(Path file, JsonNode tree) {
        String type = tree.path("peft_type").asText("");
        if (!type.equals("LORA")) {
            throw new InputException(
                    ErrorCode.UNSUPPORTED,
                    "%s is of an adapter of type %s, and only LORA can be imported: merge it with PEFT (merge_and_unload) and save the weights.",
                    file,
                    type.isEmpty() ? "unknown" : type);
        }
        if (tree.path("use_dora").asBoolean()) {
            throw unsupported(file, "use_dora");
        }
        String bias = tree.path("bias").asText(NO_BIAS);
        if (!BIASES.contains(bias)) {
            throw unsupported(file, "bias \"" + bias + "\"");
        }
        JsonNode start = tree.path("init_lora_weights");
        if (start.isTextual() && !PLAIN_STARTS.contains(start.asText())) {
            throw new InputException(
                    ErrorCode.UNSUPPORTED,
                    "%s says init_lora_weights \"%s\", which changes the pretrained weights too, so the adapter belongs on other weights than these: load it with PEFT (PeftModel.from_pretrained), merge it (merge_and_unload), save the state_dict and import that file. If you have kept the adapter as it was before training, save_pretrained with path_initial_model_for_weight_conversion makes one that can be imported as it is.",
                    file,
                    start.asText());
        }
        tree.fields().forEachRemaining(field -> {
            if (!HARMLESS.contains(field.getKey()) && isSet(field.getValue())) {
                throw unsupported(file, field.getKey());
            }
        });
        return new PeftConfig(
                file,
                whole(file, tree, "r", 8),
                number(file, tree.path("lora_alpha"), "lora_alpha", 8),
                pattern(file, tree, "rank_pattern"),
                pattern(file, tree, "alpha_pattern"),
                tree.path("use_rslora").asBoolean(),
                number(file, tree.path("lora_dropout"), "lora_dropout", 0),
                new PeftTargets(
                        file,
                        choice(file, tree, "target_modules"),
                        choice(file, tree, "exclude_modules"),
                        indices(file, tree),
                        patterns(file, tree),
                        names(file, tree.path("modules_to_save"), "modules_to_save")),
                names(file, tree.path("modules_to_save"), "modules_to_save"),
                tree.path("base_model_name_or_path").asText(null),
                !bias.equals(NO_BIAS),
                tree.path("lora_bias").asBoolean());
    }

    /** The factor before {@code B A} of a layer whose factors have that rank. */
    double scaling(String layer, int found) {
        double wanted = PeftPattern.find(ranks, layer, file).orElse((double) rank);
        if (wanted != found) {
            throw new InputException(
                    ErrorCode.MISMATCH,
                    "%s gives layer %s the rank %s, and its factors have %s: save the adapter again with PEFT.",
                    file,
                    layer,
                    Math.round(wanted),
                    found);
        }
        double a = PeftPattern.find(alphas, layer, file).orElse(alpha);
        return rankStabilised ? a / Math.sqrt(found) : a / found;
    }

    private static InputException unsupported(Path file, String option) {
        return new InputException(
                ErrorCode.UNSUPPORTED,
                "%s uses %s, which has no equal here: merge the adapter with PEFT (merge_and_unload) and save the weights.",
                file,
                option);
    }

    /** Whether a field says anything but "no". */
    private static boolean isSet(JsonNode node) {
        return !(node.isMissingNode()
                || node.isNull()
                || (node.isBoolean() && !node.asBoolean())
                || (node.isNumber() && node.asDouble() == 0)
                || (node.isContainerNode() && node.isEmpty())
                || (node.isTextual() && node.asText().isEmpty()));
    }

    private static int whole(Path file, JsonNode tree, String field, int fallback) {
        double value = number(file, tree.path(field), field, fallback);
        if (value < 1 || value != Math.rint(value) || value > Integer.MAX_VALUE) {
            throw new InputException(
                    ErrorCode.DAMAGED_FILE,
                    "%s says %s %s, which is no rank: save it again with PEFT.",
                    file,
                    field,
                    value);
        }
        return (int) value;
    }

    private static double number(Path file, JsonNode node, String field, double fallback) {
        if (node.isMissingNode() || node.isNull()) {
            return fallback;
        }
        if (!node.isNumber() || !Double.isFinite(node.asDouble())) {
            throw new InputException(
                    ErrorCode.DAMAGED_FILE, "%s has no number in %s: save the adapter again with PEFT.", file, field);
        }
        return node.asDouble();
    }

    private static Map<String, Double> pattern(Path file, JsonNode tree, String field) {
        Map<String, Double> pattern = new java.util.LinkedHashMap<>();
        tree.path(field)
                .fields()
                .forEachRemaining(entry ->
                        pattern.put(entry.getKey(), number(file, entry.getValue(), field + "." + entry.getKey(), 0)));
        return pattern;
    }

    private static PeftTargets.Choice choice(Path file, JsonNode tree, String field) {
        JsonNode node = tree.path(field);
        return node.isTextual() && !node.asText().isEmpty()
                ? new PeftTargets.Choice(List.of(), node.asText())
                : new PeftTargets.Choice(names(file, node, field), null);
    }

    /** Null where the layers' numbers do not matter. */
    private static Set<Long> indices(Path file, JsonNode tree) {
        JsonNode node = tree.path("layers_to_transform");
        if (node.isMissingNode() || node.isNull() || (node.isArray() && node.isEmpty())) {
            return null;
        }
        Set<Long> indices = new LinkedHashSet<>();
        for (JsonNode index : node.isArray() ? node : List.of(node)) {
            if (!index.isIntegralNumber()) {
                throw new InputException(
                        ErrorCode.DAMAGED_FILE,
                        "%s has something else than whole numbers in layers_to_transform: save it again with PEFT.",
                        file);
            }
            indices.add(index.asLong());
        }
        return indices;
    }

    private static List<String> patterns(Path file, JsonNode tree) {
        JsonNode node = tree.path("layers_pattern");
        return node.isTextual()
                ? node.asText().isEmpty() ? List.of() : List.of(node.asText())
                : names(file, node, "layers_pattern");
    }

    private static List<String> names(Path file, JsonNode list, String field) {
        List<String> names = new ArrayList<>();
        if (!list.isArray()
                && !list.isMissingNode()
                && !list.isNull()
                && !list.asText("x").isEmpty()) {
            throw new InputException(
                    ErrorCode.DAMAGED_FILE, "%s has no list of names in %s: save it again with PEFT.", file, field);
        }
        for (JsonNode name : list) {
            if (!name.isTextual()) {
                throw new InputException(
                        ErrorCode.DAMAGED_FILE,
                        "%s has something else than names in %s: save it again with PEFT.",
                        file,
                        field);
            }
            names.add(name.asText());
        }
        return names;
    }
}
