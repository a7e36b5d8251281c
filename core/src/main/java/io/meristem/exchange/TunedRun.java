package io.meristem.exchange;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Setting;
import io.meristem.adapter.LowRankUpdate;
import io.meristem.artifact.AdapterFile;
import io.meristem.artifact.Provenance;
import io.meristem.artifact.RunConfig;
import io.meristem.artifact.RunFolder;
import io.meristem.artifact.RunResult;
import io.meristem.execute.Network;
import io.meristem.tune.DyLora;
import io.meristem.tune.Method;
import io.meristem.tune.NormPolicy;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.bytedeco.pytorch.Tensor;

/**
 * A run with its best state in memory, to be handed on. Closing it closes the network.
 *
 * @param folder at the rank that is exported
 * @param network the best state, every update merged: float32, not folded, in evaluation mode
 * @param classes names in label order
 * @param result null when the run was stopped before its end
 */
public record TunedRun(
        RunFolder folder,
        RunConfig config,
        Network network,
        List<String> classes,
        Provenance provenance,
        RunResult result)
        implements AutoCloseable {

    static final String BIAS = ".bias";

    private static final String WEIGHT = ".weight";

    public TunedRun {
        Objects.requireNonNull(network);
        classes = List.copyOf(classes);
    }

    /** What travels with the numbers. */
    public ClassifierInfo info() {
        RunConfig.Model model = config.model();
        return new ClassifierInfo(
                model.name(),
                classes,
                new ClassifierInfo.Input(
                        model.size(),
                        model.cropFraction(),
                        model.fit().name().toLowerCase(Locale.ROOT),
                        model.mean(),
                        model.std()),
                new ClassifierInfo.Origin(
                        provenance.meristem(),
                        config.train().label(),
                        config.train().seed(),
                        result == null ? null : result.bestEpoch(),
                        folder.rank(),
                        provenance.weightsSha256(),
                        provenance.dataFingerprint(),
                        provenance.synthetic()));
    }

    /** {@code info} as a file's metadata, with the temperature of the probabilities where it was fitted. */
    Map<String, String> metadata(ClassifierInfo info) {
        Map<String, String> metadata = new TreeMap<>(info.metadata());
        folder.temperature().ifPresent(t -> metadata.put(ClassifierInfo.TEMPERATURE, Double.toString(t)));
        return metadata;
    }

    /**
     * The way from the pretrained weights to this state, by layer, at the rank that is exported; the caller's scope owns the tensors.
     *
     * @throws InputException when the method trains no low-rank updates
     */
    Map<String, LowRankUpdate> updates() {
        Method method = config.train().method();
        if (!Files.isRegularFile(folder.file(RunFolder.ADAPTER))) {
            throw new InputException(
                    ErrorCode.UNSUPPORTED,
                    "The run in %s was trained with '%s' and has no adapter: export it with %s.",
                    folder.path(),
                    method.label(),
                    Setting.FORMAT.as("merged"));
        }
        Map<String, LowRankUpdate> updates = new LinkedHashMap<>();
        try (AdapterFile file = AdapterFile.open(folder.file(RunFolder.ADAPTER))) {
            for (String layer : file.layers()) {
                LowRankUpdate update = file.update(layer, network);
                boolean cut = folder.rank() != null && method instanceof DyLora;
                updates.put(
                        layer, cut ? update.cut(folder.rank(), ((DyLora) method).rescaling(folder.rank())) : update);
            }
        }
        return updates;
    }

    /** The layers of {@link #updates} that are not {@linkplain #replacedModules replaced} anyway, in order; empty where there is no adapter. */
    List<String> updatedLayers() {
        if (!Files.isRegularFile(folder.file(RunFolder.ADAPTER))) {
            return List.of();
        }
        List<String> replaced = replacedModules();
        try (AdapterFile file = AdapterFile.open(folder.file(RunFolder.ADAPTER))) {
            return file.layers().stream()
                    .filter(name -> !replaced.contains(name))
                    .toList();
        }
    }

    /** What replaces the pretrained network's tensors: the head, every update in it, and what {@link #replacedModules} and {@link #replacedBiases} name. */
    Map<String, Tensor> replaced() {
        List<String> modules = replacedModules();
        List<String> biases = replacedBiases();
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        network.params().forEach((name, param) -> {
            if (modules.contains(module(name)) || biases.contains(name)) {
                tensors.put(name, param.value());
            }
        });
        return tensors;
    }

    /**
     * The layers that are other than the pretrained ones as a whole: normalisation that trained or whose statistics moved, what an import has replaced, and the
     * head.
     */
    List<String> replacedModules() {
        Set<String> modules = new LinkedHashSet<>();
        if (config.train().norm() != NormPolicy.FROZEN) {
            modules.addAll(network.batchNorms().keySet());
        }
        List<String> biases = replacedBiases();
        replacedParameters().stream().filter(name -> !biases.contains(name)).forEach(name -> modules.add(module(name)));
        modules.remove(network.spec().headName());
        modules.add(network.spec().headName());
        return List.copyOf(modules);
    }

    /** Biases, by the network's names, of layers whose weight is the pretrained one but for its low-rank update: they trained beside that. */
    List<String> replacedBiases() {
        List<String> replaced = replacedParameters();
        return replaced.stream()
                .filter(name -> name.endsWith(BIAS)
                        && network.weightedLayers().containsKey(module(name))
                        && !replaced.contains(module(name) + WEIGHT))
                .toList();
    }

    /** What the run's adapter has beside factors and statistics. */
    private List<String> replacedParameters() {
        if (!Files.isRegularFile(folder.file(RunFolder.ADAPTER))) {
            return List.of();
        }
        try (AdapterFile file = AdapterFile.open(folder.file(RunFolder.ADAPTER))) {
            return file.others().stream()
                    .filter(name -> network.params().containsKey(name)
                            && !network.params().get(name).isBuffer())
                    .toList();
        }
    }

    private static String module(String parameter) {
        return parameter.substring(0, parameter.lastIndexOf('.'));
    }

    @Override
    public void close() {
        network.close();
    }
}
