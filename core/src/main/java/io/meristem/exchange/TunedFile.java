package io.meristem.exchange;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.adapter.AdapterOptions;
import io.meristem.adapter.LowRankUpdate;
import io.meristem.artifact.AdapterFile;
import io.meristem.execute.Network;
import io.meristem.weights.TensorFile;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/** A file of {@link AdapterFormat} or {@link MergedFormat}, or any other of that shape: the two differ in what they hold only. */
final class TunedFile implements ImportSource {

    private final AdapterFile file;
    private final TensorFile tensors;
    private final ClassifierInfo info;

    private TunedFile(TensorFile tensors) {
        this.tensors = tensors;
        this.file = AdapterFile.of(tensors);
        this.info = ClassifierInfo.of(tensors.path(), tensors.metadata());
    }

    static TunedFile open(Path path) {
        TensorFile tensors = TensorFile.open(path);
        try {
            return new TunedFile(tensors);
        } catch (RuntimeException e) {
            tensors.close();
            throw e;
        }
    }

    @Override
    public String kind() {
        return file.layers().isEmpty() ? "tuned weights" : "an adapter";
    }

    @Override
    public Path path() {
        return tensors.path();
    }

    @Override
    public ClassifierInfo info() {
        return info;
    }

    @Override
    public OptionalDouble temperature() {
        return ClassifierFile.temperature(tensors.path(), tensors.metadata());
    }

    @Override
    public String model() {
        return info == null ? null : info.model();
    }

    @Override
    public Path base() {
        return null;
    }

    /** The scale is in the factors. */
    @Override
    public AdapterOptions options() {
        return AdapterOptions.PAPER;
    }

    @Override
    public List<String> layers(Network network) {
        return file.layers();
    }

    @Override
    public LowRankUpdate update(String layer, Network network) {
        return file.update(layer, network);
    }

    @Override
    public Set<String> replaced() {
        Set<String> names = new LinkedHashSet<>(file.others());
        names.removeIf(name -> name.endsWith(MergedFormat.COUNTER));
        return names;
    }

    @Override
    public Set<String> absentBiases(Network network) {
        String head = network.spec().headName();
        Set<String> names = replaced();
        if (!names.contains(head + ".weight") || names.contains(head + ".bias")) {
            return Set.of();
        }
        if (info != null) {
            throw new InputException(
                    ErrorCode.DAMAGED_FILE, "%s lacks the tensor %s.bias: export it again.", path(), head);
        }
        return Set.of(head + ".bias");
    }

    @Override
    public long[] shape(String name) {
        return tensors.tensors().get(name).dims();
    }

    @Override
    public Tensor read(String name) {
        return tensors.read(name);
    }

    @Override
    public String sha256() {
        return tensors.sha256();
    }

    @Override
    public void close() {
        tensors.close();
    }
}
