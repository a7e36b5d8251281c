package io.meristem.study;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.artifact.Json;
import io.meristem.tune.Method;
import io.meristem.tune.TrainConfig;
import java.util.List;

/**
 * A way to train, as a study compares it with others.
 *
 * @param label how tables call it
 * @param trials its settings: one, or those among which tuning chooses
 * @param sizeOf where its size comes from, or null when the settings say it
 */
public record StudyMethod(String label, List<Trial> trials, SizeOf sizeOf) {

    public StudyMethod {
        trials = List.copyOf(trials);
    }

    /**
     * A size that another run is found to have: the average of the run with the same model, photos and seed.
     *
     * @param method the label of the other method
     * @param factor times its average size
     */
    public record SizeOf(String method, double factor) {

        public SizeOf {
            if (method == null) {
                throw InputException.ofSettings(
                        ErrorCode.MISSING_SETTING, "size_of needs a method, the label of the one whose size is taken");
            }
            if (!(factor > 0) || Double.isInfinite(factor)) {
                throw InputException.ofSettings(
                        ErrorCode.OUT_OF_RANGE, "the factor of a size must be positive, not %s", factor);
            }
        }
    }

    /** Whether tuning has anything to choose. */
    public boolean isTuned() {
        return trials.size() > 1;
    }

    /** The settings, or the first of those among which tuning chooses. */
    public TrainConfig train() {
        return trials.get(0).train();
    }

    /** The settings for one run. */
    static TrainConfig train(TrainConfig settings, Method method, long seed) {
        ObjectNode tree = (ObjectNode) Json.tree(settings);
        tree.set("method", Json.tree(method));
        tree.put("seed", seed);
        try {
            return Json.value(tree, TrainConfig.class);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
