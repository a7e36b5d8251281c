package io.meristem.job;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Setting;
import io.meristem.artifact.AdapterFile;
import io.meristem.artifact.RunConfig;
import io.meristem.artifact.RunFolder;
import io.meristem.execute.Network;
import io.meristem.tune.DyLora;
import io.meristem.tune.HeadStart;
import io.meristem.weights.LoadReport;
import io.meristem.weights.NetworkState;
import io.meristem.weights.TensorFile;
import io.meristem.weights.WeightCache;
import io.meristem.weights.WeightLoader;
import io.meristem.zoo.ModelSpec;
import io.meristem.zoo.Models;
import java.nio.file.Path;
import java.util.List;

/** Networks with weights in them; the caller closes them. */
final class Networks {

    /**
     * @param report what became of the weights file, or null without one
     * @param sha256 of the weights file, or null
     */
    record Loaded(Network network, LoadReport report, String sha256) implements AutoCloseable {
        @Override
        public void close() {
            network.close();
        }
    }

    private Networks() {}

    /** @throws InputException when the network cannot take photos so small */
    static void requireSize(ModelSpec spec, int size) {
        if (size < spec.minSize()) {
            throw new InputException(
                    ErrorCode.OUT_OF_RANGE,
                    "%s needs photos of at least %s pixels a side, not %s: give a larger %s.",
                    spec.name(),
                    spec.minSize(),
                    size,
                    Setting.SIZE);
        }
    }

    /**
     * The network of a configuration with its pretrained weights and a head for {@code classes}, a fresh one unless the weights' is kept.
     *
     * @throws InputException when there is none to keep, or one for other classes
     */
    static Loaded pretrained(RunConfig.Model model, List<String> classes, HeadStart start, long seed) {
        if (start != HeadStart.KEPT) {
            return load(model, classes.size(), seed, WeightLoader.Options.fineTuning(Models.all()));
        }
        if (model.weights() == null) {
            throw new InputException(
                    ErrorCode.CONFLICTING_SETTINGS,
                    "There is no head to keep in a random start: name weights, or leave %s out.",
                    Setting.HEAD_START.the());
        }
        TunedClasses.require(Path.of(model.weights()), classes);
        return load(model, classes.size(), seed, WeightLoader.Options.finished(Models.all()));
    }

    /** The same for a network that is finished by something else; the weights' head is taken where it has as many classes. */
    static Loaded based(RunConfig.Model model, int classes) {
        return load(model, classes, 0, new WeightLoader.Options(WeightLoader.Head.IF_IT_FITS, Models.all()));
    }

    private static Loaded load(RunConfig.Model model, int classes, long seed, WeightLoader.Options options) {
        ModelSpec spec = Models.find(model.name());
        requireSize(spec, model.size());
        Network network = new Network(spec, classes);
        try {
            network.materialize(seed);
            if (model.weights() == null) {
                return new Loaded(network, null, null);
            }
            try (TensorFile file = TensorFile.open(Path.of(model.weights()))) {
                String sha256 = file.sha256();
                WeightCache.open().require(file.path(), sha256);
                return new Loaded(network, WeightLoader.load(file, network, options), sha256);
            }
        } catch (RuntimeException e) {
            network.close();
            throw e;
        }
    }

    /** What {@link #merged} gives, ready to answer: float32 whatever it was trained in, so that a run and the files exported from it say the same. */
    static Network tuned(RunFolder run) {
        Network network = merged(run);
        network.fold();
        return network;
    }

    /** The best state of a run, at the rank that the run is looked at, in float32. */
    static Network merged(RunFolder run) {
        RunConfig config = run.config();
        Network network =
                new Network(Models.find(config.model().name()), run.classes().size());
        try {
            NetworkState.require(run.file(RunFolder.BEST), network, NetworkState.ALL);
            network.materialize(0);
            NetworkState.read(run.file(RunFolder.BEST), network, NetworkState.ALL);
            if (run.rank() != null
                    && config.train().method() instanceof DyLora method
                    && run.rank() < method.rankMax()) {
                try (AdapterFile file = AdapterFile.open(run.file(RunFolder.ADAPTER))) {
                    file.cut(network, run.rank(), method.rescaling(run.rank()));
                }
            }
            return network;
        } catch (RuntimeException e) {
            network.close();
            throw e;
        }
    }
}
