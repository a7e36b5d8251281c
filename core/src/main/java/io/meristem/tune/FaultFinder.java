package io.meristem.tune;

import io.meristem.Message;
import io.meristem.Setting;
import io.meristem.adapter.AdapterSet;
import io.meristem.adapter.LowRankAdapter;
import io.meristem.execute.Network;
import io.meristem.op.Layer;
import io.meristem.op.Param;
import io.meristem.op.WeightedLayer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Looks for the first layer whose numbers are not finite. Reads every number, so it is asked only when something has gone wrong. */
final class FaultFinder {

    private final Network network;
    private final AdapterSet adapters;

    /** @param adapters on the network, or null */
    FaultFinder(Network network, AdapterSet adapters) {
        this.network = network;
        this.adapters = adapters;
    }

    /** Runs a batch forward and looks at what goes into each weighted layer and comes out of it; (N, 3, H, W). */
    Optional<Message> activations(Tensor images) {
        if (!finite(images)) {
            return Optional.of(Message.of(
                    "the photos as the network sees them hold some (see %s and %s)", Setting.MEAN, Setting.STD));
        }
        Map<WeightedLayer, String> names = new IdentityHashMap<>();
        network.weightedLayers().forEach((name, layer) -> names.put(layer, name));
        List<String> found = new ArrayList<>();
        WeightedLayer.Observer look = (layer, input, output) -> {
            if (found.isEmpty() && !finite(input)) {
                found.add("they go into layer " + names.get(layer));
            } else if (found.isEmpty() && !finite(output)) {
                found.add("they come out of layer " + names.get(layer));
            }
        };
        try {
            names.keySet().forEach(layer -> layer.setObserver(look));
            network.forward(images);
        } finally {
            names.keySet().forEach(layer -> layer.setObserver(null));
        }
        return found.stream().findFirst().map(Message::plain);
    }

    /** Looks at the gradients that a backward pass has left, from the head down, as they came. */
    Optional<String> gradients() {
        List<String> names = new ArrayList<>(network.layers().keySet());
        Collections.reverse(names);
        return first(names, tensor -> !tensor.grad().defined() || finite(tensor.grad()), "the gradient of layer ");
    }

    /** Looks at everything that trains. */
    Optional<String> weights() {
        return first(List.copyOf(network.layers().keySet()), FaultFinder::finite, "what layer ")
                .map(found -> found + " has learned");
    }

    private interface Check {
        boolean passes(Tensor tensor);
    }

    private Optional<String> first(List<String> names, Check check, String words) {
        Map<String, Layer> layers = network.layers();
        for (String name : names) {
            for (Tensor tensor : trained(name, layers.get(name))) {
                try (PointerScope scope = new PointerScope()) {
                    if (!check.passes(tensor)) {
                        return Optional.of(words + name);
                    }
                }
            }
        }
        return Optional.empty();
    }

    private List<Tensor> trained(String name, Layer layer) {
        List<Tensor> tensors = new ArrayList<>();
        LowRankAdapter adapter = adapters == null ? null : adapters.adapters().get(name);
        if (adapter != null) {
            tensors.add(adapter.a());
            tensors.add(adapter.b());
        }
        layer.params().values().stream().filter(Param::trains).map(Param::value).forEach(tensors::add);
        return tensors;
    }

    private static boolean finite(Tensor tensor) {
        try (PointerScope scope = new PointerScope()) {
            return torch.isfinite(tensor).all().item_bool();
        }
    }
}
