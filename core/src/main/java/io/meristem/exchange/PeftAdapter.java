package io.meristem.exchange;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Setting;
import io.meristem.adapter.AdapterOptions;
import io.meristem.adapter.LowRankUpdate;
import io.meristem.execute.Network;
import io.meristem.op.WeightedLayer;
import io.meristem.weights.TensorFile;
import io.meristem.zoo.Models;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** A folder with a LoRA adapter as PEFT saves it. */
final class PeftAdapter implements ImportSource {

    private static final String A_END = PeftNames.A;
    private static final String B_END = PeftNames.B;
    private static final String WEIGHT = ".weight";
    private static final String BIAS = ".bias";

    private final Path folder;
    private final PeftConfig config;
    private final TensorFile file;
    private final ClassifierInfo info;
    private final List<String> layers = new ArrayList<>();
    private final Map<String, String> replaced = new LinkedHashMap<>();

    private PeftAdapter(Path folder, PeftConfig config, TensorFile file) {
        this.folder = folder;
        this.config = config;
        this.file = file;
        this.info = ClassifierInfo.of(file.path(), file.metadata());
        for (String name : file.tensors().keySet()) {
            if (!name.startsWith(PeftNames.PREFIX)) {
                throw new InputException(
                        ErrorCode.WRONG_KIND,
                        "%s has a tensor %s, and PEFT's names begin with %s: save the adapter with PEFT's save_pretrained.",
                        file.path(),
                        name,
                        PeftNames.PREFIX);
            }
            sort(name, name.substring(PeftNames.PREFIX.length()));
        }
    }

    private void sort(String inFile, String name) {
        if (name.endsWith(A_END)) {
            String layer = name.substring(0, name.length() - A_END.length());
            require(layer, B_END);
            layers.add(layer);
        } else if (name.endsWith(B_END)) {
            require(name.substring(0, name.length() - B_END.length()), A_END);
        } else if (name.endsWith(PeftNames.B_BIAS) && config.biasOfB()) {
            require(name.substring(0, name.length() - PeftNames.B_BIAS.length()), A_END);
        } else if (name.contains(".lora_")) {
            throw new InputException(
                    ErrorCode.UNSUPPORTED,
                    "%s has a tensor %s, which LoRA without extensions has not: merge the adapter with PEFT (merge_and_unload) and save the weights.",
                    file.path(),
                    inFile);
        } else if (!name.endsWith(MergedFormat.COUNTER)) {
            replaced.put(name.replace(PeftNames.BASE_LAYER + ".", "."), inFile);
        }
    }

    private void require(String layer, String end) {
        if (!file.tensors().containsKey(PeftNames.PREFIX + layer + end)) {
            throw new InputException(
                    ErrorCode.DAMAGED_FILE,
                    "%s has one factor of layer %s but no %s: save the adapter again with PEFT.",
                    file.path(),
                    layer,
                    end.substring(1, end.lastIndexOf('.')));
        }
    }

    static PeftAdapter open(Path folder) {
        Path configFile = folder.resolve(PeftNames.CONFIG);
        if (!Files.isRegularFile(configFile)) {
            throw new InputException(
                    ErrorCode.WRONG_KIND,
                    "%s is no adapter of PEFT, it has no %s: give the folder that save_pretrained wrote.",
                    folder,
                    PeftNames.CONFIG);
        }
        PeftConfig config = PeftConfig.read(configFile);
        Path weights = folder.resolve(PeftNames.WEIGHTS);
        Path older = folder.resolve("adapter_model.bin");
        TensorFile file = TensorFile.open(Files.exists(weights) || !Files.exists(older) ? weights : older);
        try {
            return new PeftAdapter(folder, config, file);
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    @Override
    public String kind() {
        return "an adapter of PEFT";
    }

    @Override
    public Path path() {
        return folder;
    }

    @Override
    public ClassifierInfo info() {
        return info;
    }

    @Override
    public OptionalDouble temperature() {
        return ClassifierFile.temperature(file.path(), file.metadata());
    }

    @Override
    public String model() {
        if (info != null) {
            return info.model();
        }
        return Models.all().stream()
                .map(spec -> spec.name())
                .filter(name -> name.equals(config.baseModel()))
                .findFirst()
                .orElse(null);
    }

    @Override
    public Path base() {
        Path base = folder.resolve(PeftNames.BASE);
        return Files.isRegularFile(base) ? base : null;
    }

    @Override
    public AdapterOptions options() {
        return new AdapterOptions(
                Math.max(0, config.alpha()), config.rankStabilised(), Math.min(Math.max(0, config.dropout()), 0.99));
    }

    @Override
    public List<String> layers(Network network) {
        List<String> unknown = layers.stream()
                .filter(name -> !network.weightedLayers().containsKey(name))
                .toList();
        if (!unknown.isEmpty()) {
            throw new InputException(
                    ErrorCode.MISMATCH,
                    "%s does not fit %s: it has an update of %s, a layer that this network has not; name the network that it was trained on (%s).",
                    folder,
                    network.spec().name(),
                    unknown.get(0),
                    Setting.MODEL);
        }
        List<String> grouped = layers.stream()
                .filter(name -> network.weightedLayers().get(name).isGrouped())
                .toList();
        if (!grouped.isEmpty()) {
            throw new InputException(
                    ErrorCode.UNSUPPORTED,
                    "%s has updates of grouped convolutions (%s), which PEFT computes as dense ones that no weight of such a layer equals: train it without these layers.",
                    folder,
                    PeftNames.first(grouped));
        }
        requireTargets(network);
        return List.copyOf(layers);
    }

    /**
     * What the configuration targets must be there, and nothing else, and what it saves must be whole: PEFT would leave what is fresh where it is not, and leave
     * aside what it does not expect.
     */
    private void requireTargets(Network network) {
        for (String name : network.weightedLayers().keySet()) {
            boolean targeted = config.targets().include(name);
            if (targeted && !layers.contains(name)) {
                throw new InputException(
                        ErrorCode.DAMAGED_FILE,
                        "%s lacks the update of layer %s, which %s targets: save the adapter again with PEFT.",
                        file.path(),
                        name,
                        config.file());
            }
            if (!targeted && layers.contains(name)) {
                throw new InputException(
                        ErrorCode.DAMAGED_FILE,
                        "%s has an update of layer %s, which %s does not target: save the adapter again with PEFT.",
                        file.path(),
                        name,
                        config.file());
            }
        }
        if (config.savesBiases() && replaced.keySet().stream().noneMatch(this::isTrainedBias)) {
            throw new InputException(
                    ErrorCode.DAMAGED_FILE,
                    "%s has no bias, and %s says that biases trained: save the adapter again with bias=\"all\", or with bias=\"none\" where they did not.",
                    file.path(),
                    config.file());
        }
        for (String module : config.modulesToSave()) {
            for (String name : network.params().keySet()) {
                if (PeftTargets.isWithin(name, module) && !replaced.containsKey(name) && !isAbsentBias(name)) {
                    throw new InputException(
                            ErrorCode.DAMAGED_FILE,
                            "%s lacks the tensor %s of the module %s, which %s says is saved: save the adapter again with PEFT.",
                            file.path(),
                            name,
                            module,
                            config.file());
                }
            }
        }
    }

    /** Whether this is a bias that does not come with a module that is saved as a whole. */
    private boolean isTrainedBias(String name) {
        return name.endsWith(BIAS)
                && config.modulesToSave().stream().noneMatch(module -> PeftTargets.isWithin(name, module));
    }

    /** PEFT saves a module whole, so one that is saved without a bias has none. */
    private boolean isAbsentBias(String name) {
        return name.endsWith(BIAS) && replaced.containsKey(name.substring(0, name.length() - BIAS.length()) + WEIGHT);
    }

    @Override
    public Set<String> absentBiases(Network network) {
        return network.params().keySet().stream()
                .filter(name -> !replaced.containsKey(name) && isAbsentBias(name))
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    @Override
    public LowRankUpdate update(String layer, Network network) {
        WeightedLayer weighted = network.weightedLayers().get(layer);
        long[] shape = weighted.weight().shape();
        try (NoGradGuard guard = new NoGradGuard()) {
            Tensor a = finite(PeftNames.PREFIX + layer + A_END);
            Tensor b = finite(PeftNames.PREFIX + layer + B_END);
            boolean fitting = a.dim() == shape.length && b.dim() == shape.length;
            for (int i = 1; fitting && i < shape.length; i++) {
                fitting = a.size(i) == shape[i] && (i == 1 || b.size(i) == 1);
            }
            long rank = a.dim() > 0 ? a.size(0) : 0;
            if (!fitting || rank < 1 || b.size(0) != shape[0] || b.size(1) != rank) {
                throw new InputException(
                        ErrorCode.MISMATCH,
                        "%s does not fit %s: the factors of layer %s have the shapes %s and %s for a weight %s; name the network that it was trained on (%s).",
                        file.path(),
                        network.spec().name(),
                        layer,
                        Arrays.toString(a.shape()),
                        Arrays.toString(b.shape()),
                        Arrays.toString(shape),
                        Setting.MODEL);
            }
            double scaling = config.scaling(layer, Math.toIntExact(rank));
            return new LowRankUpdate(
                    b.reshape(shape[0], rank).mul(new Scalar(scaling)), a.reshape(rank, weighted.columns()));
        }
    }

    @Override
    public Tensor shift(String layer, Network network) {
        if (!config.biasOfB()) {
            return null;
        }
        String name = PeftNames.PREFIX + layer + PeftNames.B_BIAS;
        if (!file.tensors().containsKey(name)) {
            throw new InputException(
                    ErrorCode.DAMAGED_FILE,
                    "%s lacks the bias of B of layer %s, which %s says there is (lora_bias): save the adapter again with PEFT.",
                    file.path(),
                    layer,
                    config.file());
        }
        try (NoGradGuard guard = new NoGradGuard()) {
            Tensor bias = finite(name);
            int rank = Math.toIntExact(
                    file.tensors().get(PeftNames.PREFIX + layer + A_END).dims()[0]);
            if (bias.dim() != 1
                    || bias.size(0) != network.weightedLayers().get(layer).outFeatures()) {
                throw new InputException(
                        ErrorCode.MISMATCH,
                        "%s does not fit %s: the bias of B of layer %s has the shape %s; name the network that it was trained on (%s).",
                        file.path(),
                        network.spec().name(),
                        layer,
                        Arrays.toString(bias.shape()),
                        Setting.MODEL);
            }
            return bias.mul(new Scalar(config.scaling(layer, rank)));
        }
    }

    private Tensor finite(String name) {
        if (!file.tensors().get(name).dtype().isFloating()) {
            throw new InputException(
                    ErrorCode.UNSUPPORTED,
                    "%s stores %s in whole numbers: save the adapter in float32.",
                    file.path(),
                    name);
        }
        Tensor tensor = file.read(name).to(ScalarType.Float);
        if (!tensor.isfinite().all().item_bool()) {
            throw new InputException(
                    ErrorCode.NOT_FINITE,
                    "%s holds NaN or infinite numbers in %s: use an adapter whose training did not diverge.",
                    file.path(),
                    name);
        }
        return tensor;
    }

    @Override
    public Set<String> replaced() {
        return replaced.keySet();
    }

    @Override
    public long[] shape(String name) {
        return file.tensors().get(replaced.get(name)).dims();
    }

    @Override
    public Tensor read(String name) {
        return finite(replaced.get(name));
    }

    @Override
    public String sha256() {
        return file.sha256();
    }

    @Override
    public void close() {
        file.close();
    }
}
