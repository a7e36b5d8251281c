package io.meristem.exchange;

import io.meristem.Action;
import io.meristem.ErrorCode;
import io.meristem.Escape;
import io.meristem.InputException;
import io.meristem.Message;
import io.meristem.Setting;
import io.meristem.adapter.LowRankUpdate;
import io.meristem.artifact.Json;
import io.meristem.op.WeightedLayer;
import io.meristem.weights.Safetensors;
import io.meristem.weights.TensorFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/**
 * A folder that {@code PeftModel.from_pretrained} of PEFT loads onto the network of the home library. The change is written against the pretrained
 * weights, so the updates of all generations of DRA are one adapter of their summed rank; each layer's scale is in B, so that PEFT's is 1. The head,
 * and normalisation that trained or whose statistics moved, go along as {@code modules_to_save}; biases of layers that trained as {@code bias}.
 *
 * @param mergeGrouped write the updates of grouped and depthwise convolutions, which PEFT has no equal for, into a companion base file
 * @param withBase write the companion base file in any case
 */
public record PeftFormat(boolean mergeGrouped, boolean withBase) implements ExportFormat {

    @Override
    public String label() {
        return "peft";
    }

    @Override
    public String ending() {
        return null;
    }

    @Override
    public void write(TunedRun run, Path place) throws IOException {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Map<String, LowRankUpdate> updates = run.updates();
            run.replacedModules().forEach(updates::remove);
            List<String> grouped = updates.keySet().stream()
                    .filter(name -> isGrouped(run, name))
                    .toList();
            if (!grouped.isEmpty() && !mergeGrouped) {
                throw refusal(run, grouped);
            }
            grouped.forEach(updates::remove);
            if (updates.isEmpty()) {
                throw new InputException(
                        ErrorCode.UNSUPPORTED,
                        "The run in %s has updated no layer that PEFT could: export it with %s.",
                        run.folder().path(),
                        Setting.FORMAT.as("merged"));
            }
            updates.replaceAll((name, update) -> update.atFullRank());
            ClassifierInfo info = run.info();
            if (needsBase(run, !grouped.isEmpty())) {
                info = info.onBase(writeBase(run, updates, place.resolve(PeftNames.BASE)));
            }
            Safetensors.write(place.resolve(PeftNames.WEIGHTS), tensors(run, updates), run.metadata(info));
            Files.writeString(place.resolve(PeftNames.CONFIG), Json.pretty(config(run, updates)));
        }
    }

    private boolean needsBase(TunedRun run, boolean anyGrouped) {
        return withBase || anyGrouped || run.config().model().weights() == null;
    }

    private static boolean isGrouped(TunedRun run, String layer) {
        return run.network().weightedLayers().get(layer).isGrouped();
    }

    private static InputException refusal(TunedRun run, List<String> grouped) {
        return new InputException(
                ErrorCode.UNSUPPORTED,
                "PEFT has no equal for low-rank updates of grouped and depthwise convolutions, and the run in %s has %s of them (%s): add %s to write these into a base file beside the adapter, or use %s.",
                run.folder().path(),
                grouped.size(),
                PeftNames.first(grouped),
                Setting.MERGE_GROUPED.the(),
                Setting.FORMAT.as("merged"));
    }

    /** The tuned network less the updates that the adapter holds. Returns the file's SHA-256. */
    private static String writeBase(TunedRun run, Map<String, LowRankUpdate> updates, Path file) throws IOException {
        Map<String, Tensor> tensors = MergedFormat.stateDict(run.network());
        updates.forEach((name, update) -> {
            String weight = name + ".weight";
            Tensor tuned = tensors.get(weight);
            tensors.put(weight, tuned.sub(update.change(tuned.shape())));
        });
        Safetensors.write(file, tensors, Map.of("format", "pt"));
        try (TensorFile written = TensorFile.open(file)) {
            return written.sha256();
        }
    }

    private static Map<String, Tensor> tensors(TunedRun run, Map<String, LowRankUpdate> updates) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        updates.forEach((name, update) -> {
            WeightedLayer layer = run.network().weightedLayers().get(name);
            long[] shape = layer.weight().shape();
            boolean linear = shape.length == 2;
            long rank = update.rank();
            Tensor a = linear ? update.a() : update.a().reshape(rank, shape[1], shape[2], shape[3]);
            Tensor b = linear ? update.b() : update.b().reshape(shape[0], rank, 1, 1);
            tensors.put(PeftNames.PREFIX + name + PeftNames.A, a);
            tensors.put(PeftNames.PREFIX + name + PeftNames.B, b);
        });
        Map<String, Tensor> whole = MergedFormat.stateDict(run.network());
        for (String module : run.replacedModules()) {
            whole.forEach((name, tensor) -> {
                if (name.startsWith(module + ".")) {
                    tensors.put(PeftNames.PREFIX + name, tensor);
                }
            });
        }
        for (String bias : run.replacedBiases()) {
            String layer = bias.substring(0, bias.length() - TunedRun.BIAS.length());
            String inside = updates.containsKey(layer) ? PeftNames.BASE_LAYER : "";
            tensors.put(PeftNames.PREFIX + layer + inside + TunedRun.BIAS, whole.get(bias));
        }
        return tensors;
    }

    private static Map<String, Object> config(TunedRun run, Map<String, LowRankUpdate> updates) {
        Map<Integer, Integer> counts = new TreeMap<>();
        updates.values().forEach(update -> counts.merge(update.rank(), 1, Integer::sum));
        int usual = counts.entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .orElseThrow()
                .getKey();
        Map<String, Integer> others = new LinkedHashMap<>();
        updates.forEach((name, update) -> {
            if (update.rank() != usual) {
                others.put(name, update.rank());
            }
        });
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("peft_type", "LORA");
        config.put("task_type", null);
        config.put("base_model_name_or_path", run.config().model().name());
        config.put("inference_mode", true);
        config.put("r", usual);
        config.put("lora_alpha", usual); // with alpha equal to the rank, the scale is 1
        config.put("rank_pattern", others);
        config.put("alpha_pattern", others);
        config.put("use_rslora", false);
        config.put("use_dora", false);
        config.put("lora_dropout", 0.0);
        config.put("bias", run.replacedBiases().isEmpty() ? "none" : "all");
        config.put("fan_in_fan_out", false);
        config.put("init_lora_weights", true);
        config.put("target_modules", List.copyOf(updates.keySet()));
        config.put("modules_to_save", run.replacedModules());
        return config;
    }

    @Override
    public String howToLoad(TunedRun run, String name) {
        HomeLibrary home = HomeLibrary.of(run);
        boolean anyGrouped = run.updatedLayers().stream().anyMatch(layer -> isGrouped(run, layer));
        boolean base = needsBase(run, anyGrouped);
        return (base
                        ? "The adapter belongs on `" + PeftNames.BASE
                                + "`, which is in the folder, and not on the pretrained weights: it holds "
                                + (anyGrouped
                                        ? "the updates of grouped and depthwise convolutions, which PEFT has no equal for"
                                        : "the weights that training started from")
                                + ".\n\n"
                        : "The adapter belongs on the pretrained weights; the new head is in it.\n\n")
                + home.code(
                        (base
                                        ? "model.load_state_dict(load_file("
                                                + Escape.python(name + "/" + PeftNames.BASE) + "))\n"
                                        : home.baseLines(run))
                                + "model = PeftModel.from_pretrained(model, " + Escape.python(name) + ")",
                        "from peft import PeftModel\n");
    }

    @Override
    public Optional<Message> inMeristem(TunedRun run, String name) {
        String folder = Escape.code(Escape.word(name));
        boolean base = needsBase(run, run.updatedLayers().stream().anyMatch(layer -> isGrouped(run, layer)));
        return Optional.of(Message.of(
                "In Meristem %s makes a run folder of it.",
                base
                        ? Action.IMPORT.with(folder, Setting.OUT.as("RUN"))
                        : Action.IMPORT.with(folder, Setting.WEIGHTS.as("BASE"), Setting.OUT.as("RUN"))));
    }
}
