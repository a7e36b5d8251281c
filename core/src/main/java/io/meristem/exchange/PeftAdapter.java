package io.meristem.exchange;

import io.meristem.InputException;
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
                throw new InputException(file.path() + " has a tensor " + name + ", and PEFT's names begin with "
                        + PeftNames.PREFIX + ": save the adapter with PEFT's save_pretrained.");
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
                    file.path() + " has a tensor " + inFile
                            + ", which LoRA without extensions has not: merge the adapter with PEFT (merge_and_unload) and save the weights.");
        } else if (!name.endsWith(MergedFormat.COUNTER)) {
            replaced.put(name.replace(PeftNames.BASE_LAYER + ".", "."), inFile);
        }
    }

    private void require(String layer, String end) {
        if (!file.tensors().containsKey(PeftNames.PREFIX + layer + end)) {
            throw new InputException(file.path() + " has one factor of layer " + layer + " but no "
                    + end.substring(1, end.lastIndexOf('.')) + ": save the adapter again with PEFT.");
        }
    }

    static PeftAdapter open(Path folder) {
        Path configFile = folder.resolve(PeftNames.CONFIG);
        if (!Files.isRegularFile(configFile)) {
            throw new InputException(folder + " is no adapter of PEFT, it has no " + PeftNames.CONFIG
                    + ": give the folder that save_pretrained wrote.");
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
                    folder + " does not fit " + network.spec().name() + ": it has an update of " + unknown.get(0)
                            + ", a layer that this network has not; name the network that it was trained on with --model.");
        }
        List<String> grouped = layers.stream()
                .filter(name -> network.weightedLayers().get(name).isGrouped())
                .toList();
        if (!grouped.isEmpty()) {
            throw new InputException(
                    folder + " has updates of grouped convolutions (" + PeftNames.first(grouped)
                            + "), which PEFT computes as dense ones that no weight of such a layer equals: train it without these layers.");
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
                throw new InputException(file.path() + " lacks the update of layer " + name + ", which " + config.file()
                        + " targets: save the adapter again with PEFT.");
            }
            if (!targeted && layers.contains(name)) {
                throw new InputException(file.path() + " has an update of layer " + name + ", which " + config.file()
                        + " does not target: save the adapter again with PEFT.");
            }
        }
        if (config.savesBiases() && replaced.keySet().stream().noneMatch(this::isTrainedBias)) {
            throw new InputException(
                    file.path() + " has no bias, and " + config.file()
                            + " says that biases trained: save the adapter again with bias=\"all\", or with bias=\"none\" where they did not.");
        }
        for (String module : config.modulesToSave()) {
            for (String name : network.params().keySet()) {
                if (PeftTargets.isWithin(name, module) && !replaced.containsKey(name) && !isAbsentBias(name)) {
                    throw new InputException(file.path() + " lacks the tensor " + name + " of the module " + module
                            + ", which " + config.file() + " says is saved: save the adapter again with PEFT.");
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
                throw new InputException(file.path() + " does not fit "
                        + network.spec().name() + ": the factors of layer "
                        + layer + " have the shapes " + Arrays.toString(a.shape()) + " and "
                        + Arrays.toString(b.shape()) + " for a weight " + Arrays.toString(shape)
                        + "; name the network that it was trained on with --model.");
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
            throw new InputException(file.path() + " lacks the bias of B of layer " + layer + ", which " + config.file()
                    + " says there is (lora_bias): save the adapter again with PEFT.");
        }
        try (NoGradGuard guard = new NoGradGuard()) {
            Tensor bias = finite(name);
            int rank = Math.toIntExact(
                    file.tensors().get(PeftNames.PREFIX + layer + A_END).dims()[0]);
            if (bias.dim() != 1
                    || bias.size(0) != network.weightedLayers().get(layer).outFeatures()) {
                throw new InputException(
                        file.path() + " does not fit " + network.spec().name() + ": the bias of B of layer "
                                + layer + " has the shape " + Arrays.toString(bias.shape())
                                + "; name the network that it was trained on with --model.");
            }
            return bias.mul(new Scalar(config.scaling(layer, rank)));
        }
    }

    private Tensor finite(String name) {
        if (!file.tensors().get(name).dtype().isFloating()) {
            throw new InputException(
                    file.path() + " stores " + name + " in whole numbers: save the adapter in float32.");
        }
        Tensor tensor = file.read(name).to(ScalarType.Float);
        if (!tensor.isfinite().all().item_bool()) {
            throw new InputException(file.path() + " holds NaN or infinite numbers in " + name
                    + ": use an adapter whose training did not diverge.");
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
