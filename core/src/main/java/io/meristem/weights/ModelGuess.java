package io.meristem.weights;

import io.meristem.execute.Network;
import io.meristem.op.Param;
import io.meristem.zoo.ModelSpec;
import java.util.Arrays;
import java.util.Collection;
import java.util.Map;

/** Says whose weights a file may be, by names and shapes. */
final class ModelGuess {

    /** A file sharing fewer of a network's names than this is not taken for its weights. */
    private static final double LEAST_SHARE = 0.5;

    private ModelGuess() {}

    /**
     * @param tensors the file's
     * @return the end of a sentence: what the file looks like, and what to do
     */
    static String of(Map<String, TensorInfo> tensors, ModelSpec asked, Collection<ModelSpec> candidates) {
        Map<String, String> bare = KeyMap.bare(tensors.keySet());
        ModelSpec best = null;
        double bestScore = 0;
        double bestNames = 0;
        for (ModelSpec spec : candidates) {
            // The head's class count is the file's own affair, so it is built for one class and left out of the count.
            Network network = new Network(spec, 1);
            Map<String, String> names = KeyMap.nearest(bare, KeyMap.needed(network));
            long same = 0;
            long fitting = 0;
            long all = 0;
            for (Map.Entry<String, Param> param : network.params().entrySet()) {
                if (param.getKey().startsWith(spec.headName() + ".")) {
                    continue;
                }
                all++;
                String inFile = names.get(param.getKey());
                if (inFile != null) {
                    same++;
                    fitting += Arrays.equals(
                                    tensors.get(inFile).dims(), param.getValue().shape())
                            ? 1
                            : 0;
                }
            }
            // Against the larger of both counts: a small network whose names are all in a deeper one's file must not
            // win over the deeper one.
            double score = (same + fitting) / (2.0 * Math.max(all, names.size()));
            if (score > bestScore) {
                best = spec;
                bestScore = score;
                bestNames = (double) same / all;
            }
        }
        if (best == null || bestNames < LEAST_SHARE) {
            return "its names are those of no known network, so use a file of " + asked.name() + " weights";
        }
        if (best.name().equals(asked.name())) {
            return "it may be another variant or width of " + asked.name()
                    + ", so use a file of exactly this network's weights";
        }
        return "these look like " + best.name() + " weights, so choose that model or a file of " + asked.name()
                + " weights";
    }
}
