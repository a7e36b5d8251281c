package io.meristem.weights;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.execute.Network;
import io.meristem.op.Param;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/** A network's own tensors to a safetensors file and back, all of them or a chosen part, under the network's names. */
public final class NetworkState {

    /** Every tensor of a network. */
    public static final Predicate<String> ALL = name -> true;

    private NetworkState() {}

    /** Writes those parameters and buffers whose name {@code part} accepts. */
    public static void write(Path path, Network network, Predicate<String> part, Map<String, String> metadata)
            throws IOException {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        select(network, part).forEach((name, param) -> tensors.put(name, param.value()));
        Safetensors.write(path, tensors, metadata);
    }

    /**
     * Copies the file's values into those parameters and buffers whose name {@code part} accepts. The file must hold exactly these, in their
     * shapes, or the network stays as it was; and finite numbers only.
     *
     * @param network materialised
     * @return the file's metadata
     */
    public static Map<String, String> read(Path path, Network network, Predicate<String> part) {
        Map<String, Param> wanted = select(network, part);
        try (TensorFile file = requireFit(path, network, part)) {
            wanted.forEach((name, param) -> {
                try (PointerScope scope = new PointerScope()) {
                    Tensor values = file.read(name);
                    if (!values.isfinite().all().item_bool()) {
                        throw new InputException(
                                ErrorCode.NOT_FINITE,
                                "%s holds NaN or infinite numbers in %s: restore the file, or train again.",
                                path,
                                name);
                    }
                    param.set(values);
                }
            });
            return Map.copyOf(file.metadata());
        }
    }

    /** @param network may be a definition yet, so that a file asks for no memory before it is known to fit */
    public static void require(Path path, Network network, Predicate<String> part) {
        requireFit(path, network, part).close();
    }

    private static TensorFile requireFit(Path path, Network network, Predicate<String> part) {
        TensorFile file = TensorFile.open(path);
        try {
            requireFit(file, path, network, select(network, part));
            return file;
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private static void requireFit(TensorFile file, Path path, Network network, Map<String, Param> wanted) {
        List<String> missing = new ArrayList<>();
        wanted.forEach((name, param) -> {
            TensorInfo info = file.tensors().get(name);
            if (info == null || !Arrays.equals(info.dims(), param.shape())) {
                missing.add(name);
            }
        });
        List<String> extra = new ArrayList<>(file.tensors().keySet());
        extra.removeAll(wanted.keySet());
        if (!missing.isEmpty() || !extra.isEmpty()) {
            throw new InputException(
                    ErrorCode.MISMATCH,
                    "%s was not saved from this part of %s with %s classes (%s); use the file that belongs to this run",
                    path,
                    network.spec().name(),
                    network.classes(),
                    missing.isEmpty()
                            ? Phrases.first(extra) + " should not be in it"
                            : Phrases.first(missing) + " not in it with this shape");
        }
    }

    private static Map<String, Param> select(Network network, Predicate<String> part) {
        Map<String, Param> chosen = new LinkedHashMap<>();
        network.params().forEach((name, param) -> {
            if (part.test(name)) {
                chosen.put(name, param);
            }
        });
        return chosen;
    }
}
