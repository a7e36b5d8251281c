package io.meristem.synth;

import io.meristem.ErrorCode;
import io.meristem.InputException;

/**
 * How hard the leaf pictures are.
 *
 * @param minSeverity least severity of a symptom, 0 (a few faint lesions) to 1
 * @param maxSeverity greatest severity, from {@code minSeverity} to 1
 * @param nuisance spread of light, colour, blur and camera noise: 0 studio light and a perfect camera, 1 the field
 * @param otherLeaves most leaves around the main one, 0 to 8
 * @param distractors how often drops, dust, dirt, holes and the like lie on a leaf, 0 never to 1 often
 */
public record LeafOptions(float minSeverity, float maxSeverity, float nuisance, int otherLeaves, float distractors) {

    public LeafOptions {
        unit("minSeverity", minSeverity);
        unit("maxSeverity", maxSeverity);
        unit("nuisance", nuisance);
        unit("distractors", distractors);
        if (minSeverity > maxSeverity) {
            throw new InputException(
                    ErrorCode.OUT_OF_RANGE,
                    "minSeverity %s is greater than maxSeverity %s; give the smaller number first.",
                    minSeverity,
                    maxSeverity);
        }
        if (otherLeaves < 0 || otherLeaves > 8) {
            throw new InputException(
                    ErrorCode.OUT_OF_RANGE, "otherLeaves is %s; give a whole number from 0 to 8.", otherLeaves);
        }
    }

    /** Hard enough that frozen general features stay well below fine-tuning. */
    public static LeafOptions standard() {
        return new LeafOptions(0.4f, 1f, 0.6f, 3, 0.35f);
    }

    /** Strong symptoms on a single leaf in good light: for looking at the classes. */
    public static LeafOptions easy() {
        return new LeafOptions(0.6f, 1f, 0.3f, 1, 0.1f);
    }

    private static void unit(String name, float value) {
        if (!(value >= 0f && value <= 1f)) {
            throw new InputException(ErrorCode.OUT_OF_RANGE, "%s is %s; give a number from 0 to 1.", name, value);
        }
    }
}
