package io.meristem.tune;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Setting;
import io.meristem.adapter.LayerSize;
import io.meristem.execute.Network;
import io.meristem.op.Param;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What of the normalisation trains beside a low-rank method's factors, with the method's learning rate and without weight decay (after Cai et al. 2020, TinyTL). It counts
 * in the method's size. Which statistics normalise is another question, see {@link NormPolicy}.
 */
public enum NormTraining {
    NONE,
    /** The biases; in a network without any normalisation those of the adapted layers themselves. */
    BIAS,
    /** Scales and biases. */
    AFFINE;

    /**
     * What trains, by name in the network's order; a definition is enough.
     *
     * @throws InputException when there are no scales
     */
    public Map<String, Param> trained(Network network, HeadPolicy head) {
        Map<String, Param> trained = new LinkedHashMap<>();
        if (this == NONE) {
            return trained;
        }
        if (network.normalisations().isEmpty()) {
            if (this == AFFINE) {
                throw new InputException(
                        ErrorCode.UNSUPPORTED,
                        "%s has no normalisation whose scales could train: use %s, which trains the biases of its layers.",
                        network.spec().name(),
                        Setting.TRAIN_NORM.the("bias"));
            }
            head.adapted(network).forEach((name, layer) -> {
                if (layer.bias() != null) {
                    trained.put(name + ".bias", layer.bias());
                }
            });
            return trained;
        }
        network.normalisations().forEach((name, norm) -> {
            if (this == AFFINE) {
                trained.put(name + ".weight", norm.weight());
            }
            trained.put(name + ".bias", norm.bias());
        });
        return trained;
    }

    /** How many numbers that are. */
    public long numbers(Network network, HeadPolicy head) {
        return trained(network, head).values().stream().mapToLong(Param::numel).sum();
    }

    /** The same in MiB of float32. */
    public double mib(Network network, HeadPolicy head) {
        return LayerSize.mib(numbers(network, head));
    }

    /** A sentence where it is not what its name says. */
    Optional<String> note(Network network) {
        return this == BIAS && network.normalisations().isEmpty()
                ? Optional.of(network.spec().name()
                        + " has no normalisation: the biases of its adapted layers train instead.")
                : Optional.empty();
    }

    /** What is added to the name of a method; empty where nothing trains. */
    String suffix() {
        return switch (this) {
            case NONE -> "";
            case BIAS -> " + norm bias";
            case AFFINE -> " + norm affine";
        };
    }
}
