package io.meristem.artifact;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.adapter.LowRankUpdate;
import io.meristem.execute.Network;
import io.meristem.op.WeightedLayer;
import io.meristem.weights.TensorFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Low-rank updates in a file, {@code <layer>.lora_A} and {@code <layer>.lora_B}, beside tensors that replace the network's. */
public final class AdapterFile implements AutoCloseable {

    static final String A = ".lora_A";
    static final String B = ".lora_B";

    private final TensorFile file;

    private AdapterFile(TensorFile file) {
        this.file = file;
        for (String name : file.tensors().keySet()) {
            if (name.endsWith(B) && !file.tensors().containsKey(name.substring(0, name.length() - B.length()) + A)) {
                throw half(name.substring(0, name.length() - B.length()));
            }
        }
    }

    /** @throws InputException when it cannot be read */
    public static AdapterFile open(Path path) {
        TensorFile file = TensorFile.open(path);
        try {
            return new AdapterFile(file);
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /** The same of a file that is open; closing either closes it. */
    public static AdapterFile of(TensorFile file) {
        return new AdapterFile(file);
    }

    /** Adds a layer's factors to what will be such a file. */
    public static void put(Map<String, Tensor> tensors, String layer, LowRankUpdate update) {
        tensors.put(layer + A, update.a());
        tensors.put(layer + B, update.b());
    }

    public Map<String, String> metadata() {
        return file.metadata();
    }

    /** The layers that are updated, in the file's order. */
    public List<String> layers() {
        return file.tensors().keySet().stream()
                .filter(name -> name.endsWith(A))
                .map(name -> name.substring(0, name.length() - A.length()))
                .toList();
    }

    /** The tensors that are no factors, by the network's names. */
    public List<String> others() {
        return file.tensors().keySet().stream()
                .filter(name -> !name.endsWith(A) && !name.endsWith(B))
                .toList();
    }

    /** In the file's dtype; the caller's scope owns it. */
    public Tensor read(String name) {
        return file.read(name);
    }

    /**
     * The update of one layer; the caller's scope owns it.
     *
     * @throws InputException when the network has no such layer, or one of another size
     */
    public LowRankUpdate update(String layer, Network network) {
        WeightedLayer weighted = network.weightedLayers().get(layer);
        if (weighted == null) {
            throw new InputException(
                    ErrorCode.MISMATCH,
                    "%s is of another network than %s, which has no layer %s: use the file that belongs to it.",
                    file.path(),
                    network.spec().name(),
                    layer);
        }
        if (!file.tensors().containsKey(layer + B)) {
            throw half(layer);
        }
        // Before they are read: the file may hold factors of any size.
        List<Long> shapeA = file.tensors().get(layer + A).shape();
        List<Long> shapeB = file.tensors().get(layer + B).shape();
        boolean fitting = shapeA.size() == 2
                && shapeB.size() == 2
                && shapeA.get(0).equals(shapeB.get(1))
                && shapeA.get(0) > 0
                && shapeB.get(0) == weighted.outFeatures()
                && shapeA.get(1) == weighted.columns();
        if (!fitting) {
            throw new InputException(
                    ErrorCode.MISMATCH,
                    "%s does not fit layer %s: use the file that belongs to it.",
                    file.path(),
                    layer);
        }
        Tensor a = file.read(layer + A).to(ScalarType.Float);
        Tensor b = file.read(layer + B).to(ScalarType.Float);
        return new LowRankUpdate(b, a);
    }

    /**
     * Cuts the updates of this file, which the network's weights hold, to a smaller rank, and multiplies what is left of them: adds {@code factor B[:, :rank] A[:rank] - B A} to
     * each updated weight.
     *
     * @throws InputException when it is the file of another network
     */
    public void cut(Network network, int rank, double factor) {
        for (String layer : layers()) {
            try (PointerScope scope = new PointerScope()) {
                LowRankUpdate whole = update(layer, network);
                whole.replace(
                        whole.cut(rank, factor),
                        network.weightedLayers().get(layer).weight().value());
            }
        }
    }

    private InputException half(String layer) {
        return new InputException(
                ErrorCode.DAMAGED_FILE, "%s has one factor of layer %s only: restore the file.", file.path(), layer);
    }

    @Override
    public void close() {
        file.close();
    }
}
