package io.meristem.exchange;

import io.meristem.Action;
import io.meristem.ErrorCode;
import io.meristem.Escape;
import io.meristem.InputException;
import io.meristem.Message;
import io.meristem.Setting;
import io.meristem.adapter.LowRankUpdate;
import io.meristem.artifact.AdapterFile;
import io.meristem.tune.FullTuning;
import io.meristem.tune.HeadOnly;
import io.meristem.weights.Safetensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * What was trained and nothing else, in one safetensors file: the updates as {@code <layer>.lora_A} and {@code <layer>.lora_B}, the head, and
 * statistics that moved. {@code W = W_pretrained + reshape(lora_B lora_A)} without a further factor.
 */
public record AdapterFormat() implements ExportFormat {

    @Override
    public String label() {
        return "safetensors";
    }

    @Override
    public String ending() {
        return ".safetensors";
    }

    @Override
    public void write(TunedRun run, Path place) throws IOException {
        if (run.config().train().method() instanceof FullTuning) {
            throw new InputException(
                    ErrorCode.UNSUPPORTED,
                    "The run in %s has trained all weights, so nothing smaller than the network describes it: export it with %s.",
                    run.folder().path(),
                    Setting.FORMAT.as("merged"));
        }
        if (run.config().model().weights() == null) {
            throw new InputException(
                    ErrorCode.UNSUPPORTED,
                    "The run in %s started from random weights, which nobody else has: export it with %s.",
                    run.folder().path(),
                    Setting.FORMAT.as("merged"));
        }
        try (PointerScope scope = new PointerScope()) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            if (!(run.config().train().method() instanceof HeadOnly)) {
                Map<String, LowRankUpdate> updates = run.updates();
                run.replacedModules().forEach(updates::remove);
                updates.forEach((name, update) -> AdapterFile.put(tensors, name, update));
            }
            tensors.putAll(run.replaced());
            Safetensors.write(place, tensors, run.metadata(run.info()));
        }
    }

    @Override
    public String howToLoad(TunedRun run, String name) {
        HomeLibrary home = HomeLibrary.of(run);
        return "On top of the pretrained weights:\n\n"
                + home.code(
                        home.baseLines(run)
                                + "state = load_file(" + Escape.python(name) + ")\n"
                                + "layers = [key[: -len(\".lora_A\")] for key in state if key.endswith(\".lora_A\")]\n"
                                + "for layer in layers:\n"
                                + "    weight = model.get_submodule(layer).weight\n"
                                + "    weight.data += (state[layer + \".lora_B\"] @ state[layer + \".lora_A\"]).reshape(weight.shape)\n"
                                + "model.load_state_dict({k: v for k, v in state.items() if \".lora_\" not in k}, strict=False)",
                        "");
    }

    @Override
    public Optional<Message> inMeristem(TunedRun run, String name) {
        return Optional.of(Message.of(
                "In Meristem %s makes a run folder of it.",
                Action.IMPORT.with(Escape.code(Escape.word(name)), Setting.WEIGHTS.as("BASE"), Setting.OUT.as("RUN"))));
    }
}
