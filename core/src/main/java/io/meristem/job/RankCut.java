package io.meristem.job;

import io.meristem.InputException;
import io.meristem.engine.Engine;
import io.meristem.nn.Network;
import io.meristem.tune.DyLora;
import io.meristem.weights.TensorFile;
import java.nio.file.Path;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** Cuts a network that holds DyLoRA's update at its greatest rank to a smaller one. */
final class RankCut {

    private static final String A = ".lora_A";
    private static final String B = ".lora_B";

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
        double scale = method.scaling(rank) / method.scaling(method.rankMax());
        try (TensorFile file = TensorFile.open(adapter)) {
            for (String name : file.tensors().keySet()) {
                if (name.endsWith(A)) {
                    cut(file, network, name.substring(0, name.length() - A.length()), rank, scale);
                }
            }
        }
    }

    private static void cut(TensorFile file, Network network, String layer, int rank, double scale) {
        if (!network.weightedLayers().containsKey(layer)) {
            throw new InputException(file.path() + " is of another network, which has a layer " + layer
                    + ": restore the file of this run.");
        }
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Tensor a = Engine.onDevice(file.read(layer + A));
            Tensor b = Engine.onDevice(file.read(layer + B));
            Tensor weight = network.weightedLayers().get(layer).weight().value();
            if (a.dim() != 2 || b.dim() != 2 || a.size(0) != b.size(1) || b.size(0) * a.size(1) != weight.numel()) {
                throw new InputException(
                        file.path() + " does not fit layer " + layer + ": restore the file of this run.");
            }
            long kept = Math.min(rank, a.size(0));
            Tensor change = b.narrow(1, 0, kept)
                    .mul(new Scalar(scale))
                    .matmul(a.narrow(0, 0, kept))
                    .sub(b.matmul(a));
            weight.add_(change.reshape(weight.shape()));
        }
    }
}
