package io.meristem.rank;

import io.meristem.engine.Tensors;
import io.meristem.execute.ImageFeed;
import io.meristem.execute.Network;
import io.meristem.op.Linear;
import io.meristem.op.WeightedLayer;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Measures every weighted layer of a network in ordinary forward passes: the Gram matrices of what goes in and what comes out are reduced to numbers
 * while the batch passes, so that no feature map is kept.
 *
 * <p>Feature maps larger than {@value #POOL} x {@value #POOL} are average-pooled to that size first, in their own precision. Batch normalisation is folded while
 * measuring, where dividing by its scale gives what the layer gives without it: the shift cancels, since features are seen from the first sample.
 */
public final class GramProbe {

    /** The side that feature maps are pooled to. */
    public static final int POOL = 8;

    private GramProbe() {}

    /**
     * Runs {@code batches} through the network, without gradient.
     *
     * @param batches of at least 4 samples each
     * @return by layer name, in definition order
     */
    public static Map<String, Similarity> measure(Network network, ImageFeed batches) {
        try (Network.Folding folding = network.foldReversibly()) {
            return measureAsIs(network, batches);
        }
    }

    /** The same without folding first. */
    static Map<String, Similarity> measureAsIs(Network network, ImageFeed batches) {
        Map<String, CkaMeter> meters = new LinkedHashMap<>();
        network.weightedLayers().forEach((name, layer) -> {
            CkaMeter meter = new CkaMeter();
            meters.put(name, meter);
            layer.setObserver((self, x, y) -> observe(meter, self, x, y));
        });
        network.train(false);
        try (NoGradGuard guard = new NoGradGuard()) {
            batches.forEach(batch -> {
                try (PointerScope scope = new PointerScope()) {
                    network.forward(batch);
                }
            });
        } finally {
            network.weightedLayers().values().forEach(layer -> layer.setObserver(null));
        }
        Map<String, Similarity> result = new LinkedHashMap<>();
        meters.forEach((name, meter) -> result.put(name, meter.result()));
        return result;
    }

    private static void observe(CkaMeter meter, WeightedLayer layer, Tensor x, Tensor y) {
        try (PointerScope scope = new PointerScope()) {
            Tensor in = features(layer, x);
            Tensor out = features(layer, y);
            int n = Math.toIntExact(in.size(0));
            double[] k = Tensors.toDoubles(Gram.of(in, null));
            double[] l = Tensors.toDoubles(Gram.of(out, layer.runningScale()));
            meter.add(k, l, n, out.size(1));
        }
    }

    /** (N, features), channels last: the order that maps lie in memory in. A linear layer's map is (N, ..., C) anyway. */
    private static Tensor features(WeightedLayer layer, Tensor map) {
        Tensor image = layer.op() instanceof Linear && map.dim() == 4 ? map.permute(0, 3, 1, 2) : map; // (N, C, H, W)
        if (image.dim() != 4) {
            return image.flatten(1, -1);
        }
        if (image.size(2) > POOL || image.size(3) > POOL) {
            image = torch.adaptive_avg_pool2d(image, Math.min(image.size(2), POOL), Math.min(image.size(3), POOL));
        }
        return image.permute(0, 2, 3, 1).flatten(1, -1);
    }
}
