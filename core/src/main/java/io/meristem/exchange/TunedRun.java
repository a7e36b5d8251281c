package io.meristem.exchange;

import io.meristem.artifact.Provenance;
import io.meristem.artifact.RunConfig;
import io.meristem.artifact.RunFolder;
import io.meristem.artifact.RunResult;
import io.meristem.nn.Network;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

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
                        config.train().method().label(),
                        config.train().seed(),
                        result == null ? null : result.bestEpoch(),
                        folder.rank(),
                        provenance.weightsSha256(),
                        provenance.dataFingerprint(),
                        provenance.synthetic()));
    }

    @Override
    public void close() {
        network.close();
    }
}
