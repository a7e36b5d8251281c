package io.meristem.tune;

import io.meristem.engine.Engine;
import io.meristem.execute.Network;
import io.meristem.weights.SavedTensors;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/** A checkpoint read back: the other side of {@link Checkpoint}. */
public record SavedTraining(TrainState state, SavedTensors tensors) {

    private static final String NETWORK = "network.";
    private static final String RANDOM = "random";

    /** Puts the network's tensors that training changes among {@code tensors}: all, or the head's, what trains beside adapters, and whatever no optimiser trains. */
    static void saveNetwork(Network network, boolean all, Map<String, Tensor> tensors) {
        String head = network.spec().headName() + ".";
        network.params().forEach((name, param) -> {
            if (all || param.isBuffer() || param.trains() || name.startsWith(head)) {
                tensors.put(NETWORK + name, param.value());
            }
        });
    }

    /** Puts where the generator behind dropout stands among {@code tensors}, owned by the current scope. */
    static void saveRandom(Map<String, Tensor> tensors) {
        tensors.put(RANDOM, Engine.randomState());
    }

    /** @param network as it was when the training began */
    void loadNetwork(Network network) {
        network.params().forEach((name, param) -> {
            if (tensors.has(NETWORK + name)) {
                tensors.into(NETWORK + name, param.value());
            }
        });
    }

    void loadRandom() {
        try (PointerScope scope = new PointerScope()) {
            Engine.setRandomState(tensors.read(RANDOM));
        }
    }
}
