package io.meristem.exchange;

import io.meristem.Action;
import io.meristem.Escape;
import io.meristem.Message;
import io.meristem.Setting;
import io.meristem.engine.Tensors;
import io.meristem.execute.Network;
import io.meristem.weights.Safetensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * The whole network in one safetensors file, every update merged, under the names of its home library: a state dict that {@code
 * load_state_dict(strict=True)} takes.
 */
public record MergedFormat() implements ExportFormat {

    /** The end of a name that only PyTorch has a use for. */
    static final String COUNTER = ".num_batches_tracked";

    @Override
    public String label() {
        return "merged";
    }

    @Override
    public String ending() {
        return ".safetensors";
    }

    @Override
    public void write(TunedRun run, Path place) throws IOException {
        try (PointerScope scope = new PointerScope()) {
            Safetensors.write(place, stateDict(run.network()), run.metadata(run.info()));
        }
    }

    /** Every parameter and buffer of PyTorch's module; what is made new belongs to the caller's scope. */
    static Map<String, Tensor> stateDict(Network network) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        network.params().forEach((name, param) -> tensors.put(name, param.value()));
        // PyTorch counts batches there; nothing depends on it unless a momentum of None is asked for.
        network.batchNorms()
                .keySet()
                .forEach(name ->
                        tensors.put(name + COUNTER, Tensors.of(new long[1]).squeeze()));
        return tensors;
    }

    @Override
    public String howToLoad(TunedRun run, String name) {
        return HomeLibrary.of(run).code("model.load_state_dict(load_file(" + Escape.python(name) + "))", "");
    }

    @Override
    public Optional<Message> inMeristem(TunedRun run, String name) {
        return Optional.of(Message.of(
                "The same file works in Meristem: %s starts from it.",
                Action.TRAIN.with(
                        Setting.MODEL.as(run.config().model().name()),
                        Setting.WEIGHTS.as(Escape.code(Escape.word(name))))));
    }
}
