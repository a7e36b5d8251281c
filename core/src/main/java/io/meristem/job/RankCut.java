package io.meristem.job;

import io.meristem.adapter.LowRankUpdate;
import io.meristem.artifact.AdapterFile;
import io.meristem.engine.Engine;
import io.meristem.execute.Network;
import io.meristem.tune.DyLora;
import java.nio.file.Path;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/** Cuts a network that holds DyLoRA's update at its greatest rank to a smaller one. */
final class RankCut {

    private RankCut() {}

    /**
     * Adds {@code s(rank) B[:, :rank] A[:rank] - s(most) B A} to each adapted weight.
     *
     * @param adapter the run's file of A and B, at the greatest rank and with its scale in B
     * @param network with the update at the greatest rank in its weights
     */
    static void apply(Path adapter, Network network, DyLora method, int rank) {
        if (rank == method.rankMax()) {
            return;
        }
        try (AdapterFile file = AdapterFile.open(adapter)) {
            for (String layer : file.layers()) {
                try (PointerScope scope = new PointerScope()) {
                    cut(file.update(layer, network), network, layer, rank, method);
                }
            }
        }
    }

    private static void cut(LowRankUpdate whole, Network network, String layer, int rank, DyLora method) {
        try (NoGradGuard guard = new NoGradGuard()) {
            Tensor weight = network.weightedLayers().get(layer).weight().value();
            Tensor cut = whole.cut(rank, method.rescaling(rank)).change(weight.shape());
            weight.add_(Engine.onDevice(cut.sub(whole.change(weight.shape()))));
        }
    }
}
