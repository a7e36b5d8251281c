package io.meristem.tune;

import io.meristem.adapter.AdapterSet;
import io.meristem.adapter.LowRankChange.Factors;
import io.meristem.execute.Network;
import io.meristem.op.Param;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/** The network as training has made it so far, to be saved; valid during the call that hands it out. */
public final class ModelState {

    private final Network network;
    private final MethodState method;

    ModelState(Network network, MethodState method) {
        this.network = network;
        this.method = method;
    }

    /** The whole network with every update merged, under its home library's names; new tensors belong to the caller's scope. */
    public Map<String, Tensor> merged() {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        network.params().forEach((name, param) -> tensors.put(name, param.value()));
        AdapterSet adapters = method.adapters();
        if (adapters != null) {
            try (NoGradGuard guard = new NoGradGuard()) {
                adapters.adapters().forEach((name, adapter) -> {
                    Param weight = adapter.layer().weight();
                    tensors.put(name + ".weight", weight.value().add(adapter.delta()));
                });
            }
        }
        return tensors;
    }

    /** The low-rank update from the pretrained weights to now, by layer, scaling included in B; empty for full fine-tuning. */
    public Map<String, Factors> update() {
        return method.update();
    }

    /** Whether {@link #update} and the network's own tensors that train are all that sets it apart from the pretrained network. */
    public boolean isLowRank() {
        return method.adapters() != null;
    }

    public Network network() {
        return network;
    }
}
