package io.meristem.exchange;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Setting;
import io.meristem.adapter.LowRankUpdate;
import io.meristem.artifact.AdapterFile;
import io.meristem.engine.Engine;
import io.meristem.execute.Network;
import io.meristem.op.BatchNormLayer;
import io.meristem.op.Param;
import io.meristem.op.WeightedLayer;
import io.meristem.weights.LoadReport;
import io.meristem.zoo.ModelSpec;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * What an import comes to on a network; the tensors belong to the scope that it was made in.
 *
 * @param network every parameter and buffer, all updates merged
 * @param adapter the way there from the pretrained weights, as {@link AdapterFile} has it
 * @param ranks by updated layer
 * @param headAdapted whether the head has a low-rank update
 * @param notes sentences for the user about anything out of the ordinary
 */
public record ImportedNetwork(
        Map<String, Tensor> network,
        Map<String, Tensor> adapter,
        Map<String, Integer> ranks,
        boolean headAdapted,
        List<String> notes) {

    /** Whether the source holds every parameter and buffer itself. */
    public static boolean isWhole(ImportSource source, ModelSpec spec, int classes) {
        return source.replaced().containsAll(new Network(spec, classes).params().keySet());
    }

    /**
     * Puts a source onto a network.
     *
     * @param base materialised, with the weights that the source belongs on in it; changed
     * @param report what became of these weights, or null where the source replaces all
     * @throws InputException when the source does not fit the network
     */
    public static ImportedNetwork of(ImportSource source, Network base, LoadReport report) {
        String head = base.spec().headName();
        requireFit(source, base);
        if (report != null && report.replacedHead() && !source.replaced().contains(head + ".weight")) {
            throw new InputException(
                    ErrorCode.MISMATCH,
                    "Neither %s nor the weights under it have a classifier for %s classes: name %s in modules_to_save when training, or give other %s.",
                    source.path(),
                    base.classes(),
                    head,
                    Setting.CLASSES);
        }
        try (NoGradGuard guard = new NoGradGuard()) {
            Map<String, Param> params = base.params();
            Map<String, Tensor> adapter = new LinkedHashMap<>();
            source.replaced().forEach(name -> params.get(name).set(source.read(name)));
            Set<String> absent = source.absentBiases(base);
            absent.forEach(
                    name -> params.get(name).set(torch.zeros(params.get(name).shape())));
            Set<String> kept = new LinkedHashSet<>(source.replaced());
            kept.addAll(absent);
            params.forEach((name, param) -> {
                if (param.isBuffer() || name.startsWith(head + ".")) {
                    kept.add(name);
                }
            });
            // The head as it is before its own update, if it has one.
            kept.forEach(name -> adapter.put(name, params.get(name).value().clone()));
            Map<String, Integer> ranks = new LinkedHashMap<>();
            for (String layer : source.layers(base)) {
                LowRankUpdate update = source.update(layer, base);
                Param weight = params.get(layer + ".weight");
                weight.set(weight.value().add(Engine.onDevice(update.change(weight.shape()))));
                AdapterFile.put(adapter, layer, update);
                Tensor shift = source.shift(layer, base);
                if (shift != null) {
                    String bias = shift(base, layer, shift, source);
                    adapter.put(bias, params.get(bias).value().clone());
                }
                ranks.put(layer, update.rank());
            }
            Map<String, Tensor> network = new LinkedHashMap<>();
            params.forEach((name, param) -> network.put(name, param.value()));
            return new ImportedNetwork(network, adapter, ranks, ranks.containsKey(head), notes(source, absent));
        }
    }

    private static List<String> notes(ImportSource source, Set<String> absent) {
        return absent.isEmpty()
                ? List.of()
                : List.of(source.path() + " has no " + String.join(", ", absent) + ", so "
                        + (absent.size() == 1 ? "it is" : "they are") + " zero here, which computes the same.");
    }

    /**
     * Adds {@code by} to the outputs of a layer.
     *
     * @return the parameter that has changed for that: the layer's bias, or that of the batch normalisation that follows
     */
    private static String shift(Network base, String layer, Tensor by, ImportSource source) {
        WeightedLayer weighted = base.weightedLayers().get(layer);
        if (weighted.bias() != null) {
            weighted.bias().set(weighted.bias().value().add(Engine.onDevice(by)));
            return layer + TunedRun.BIAS;
        }
        BatchNormLayer norm = weighted.norm();
        if (norm == null) {
            throw new InputException(
                    ErrorCode.UNSUPPORTED,
                    "%s has a bias of B for layer %s, which has neither a bias nor a batch normalisation behind it to take that up: train it with lora_bias=False.",
                    source.path(),
                    layer);
        }
        norm.bias().set(norm.bias().value().add(Engine.onDevice(by).mul(norm.scale())));
        return base.batchNorms().entrySet().stream()
                        .filter(entry -> entry.getValue() == norm)
                        .findFirst()
                        .orElseThrow()
                        .getKey()
                + TunedRun.BIAS;
    }

    private static void requireFit(ImportSource source, Network base) {
        String head = base.spec().headName();
        for (String name : source.replaced()) {
            Param param = base.params().get(name);
            if (param == null) {
                throw new InputException(
                        ErrorCode.MISMATCH,
                        "%s does not fit %s: it has a tensor %s, which this network has not; name the network that it was trained on (%s).",
                        source.path(),
                        base.spec().name(),
                        name,
                        Setting.MODEL);
            }
            if (!Arrays.equals(param.shape(), source.shape(name))) {
                if (name.startsWith(head + ".") && source.shape(name).length > 0) {
                    throw new InputException(
                            ErrorCode.MISMATCH,
                            "%s has a classifier for %s classes, and %s are named: give as many %s.",
                            source.path(),
                            source.shape(name)[0],
                            base.classes(),
                            Setting.CLASSES);
                }
                throw new InputException(
                        ErrorCode.MISMATCH,
                        "%s does not fit %s: its %s has the shape %s, not %s; name the network that it was trained on (%s).",
                        source.path(),
                        base.spec().name(),
                        name,
                        Arrays.toString(source.shape(name)),
                        Arrays.toString(param.shape()),
                        Setting.MODEL);
            }
        }
    }
}
