package io.meristem.zoo;

import io.meristem.execute.Network;
import java.util.List;

/** A program of its own for {@link ModelsTest}: defines and counts each registered network. */
final class DefineEveryNetwork {

    private DefineEveryNetwork() {}

    public static void main(String[] args) {
        List<ModelSpec> specs = Models.all();
        for (ModelSpec spec : specs) {
            try (Network network = new Network(spec, 15)) {
                if (network.parameterCount() <= 0 || network.head().outFeatures() != 15) {
                    throw new IllegalStateException(spec.name());
                }
            }
        }
        System.out.println(specs.size() + " networks");
    }
}
