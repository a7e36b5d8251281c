package io.meristem.job;

import io.meristem.Action;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Setting;
import io.meristem.artifact.Calibration;
import io.meristem.artifact.RunFolder;
import io.meristem.data.folder.Split;
import io.meristem.eval.Coverage;
import io.meristem.eval.Predictions;
import io.meristem.eval.Temperature;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * Which answers are withheld: those below a probability, or as few as make the others right often enough.
 *
 * @param below a calibrated probability, or null
 * @param accuracy share of the remaining answers that is to be right on the run's validation photos, or null
 */
public record Abstention(Double below, Double accuracy) {

    /** Every answer counts. */
    public static final Abstention NONE = new Abstention(null, null);

    public Abstention {
        if (below != null && accuracy != null) {
            throw new InputException(
                    ErrorCode.CONFLICTING_SETTINGS,
                    "A probability and an accuracy were both given: leave out %s or %s.",
                    Setting.ABSTAIN.the(),
                    Setting.ABSTAIN_AT_ACCURACY.the());
        }
        if (below != null && !(below >= 0 && below <= 1)) {
            throw new InputException(
                    ErrorCode.OUT_OF_RANGE,
                    "An answer cannot be withheld below the probability %s: give %s a value from 0 to 1.",
                    below,
                    Setting.ABSTAIN.the());
        }
        if (accuracy != null && !(accuracy > 0 && accuracy <= 1)) {
            throw new InputException(
                    ErrorCode.OUT_OF_RANGE,
                    "An accuracy of %s cannot be: give %s a value above 0, up to 1.",
                    accuracy,
                    Setting.ABSTAIN_AT_ACCURACY.the());
        }
    }

    /**
     * The least probability of an answer that counts.
     *
     * @param model the folder of a run, where an accuracy was given
     * @throws InputException when the accuracy cannot be reached on the run's validation photos, or there are none
     */
    double threshold(Path model, Integer rank) {
        if (accuracy == null) {
            return below == null ? 0 : below;
        }
        if (!Files.isDirectory(model)) {
            throw new InputException(
                    ErrorCode.NOT_FOUND,
                    "%s has no validation photos beside it to choose a probability on: use %s, or give the run folder.",
                    model,
                    Setting.ABSTAIN.the());
        }
        RunFolder run = RunFolder.open(model);
        if (rank != null) {
            throw new InputException(
                    ErrorCode.CONFLICTING_SETTINGS,
                    "Answers at a rank have not been kept photo by photo: use %s with %s.",
                    Setting.ABSTAIN.the(),
                    Setting.RANK.the());
        }
        Predictions val = validation(run);
        OptionalDouble threshold = Coverage.threshold(val, accuracy);
        if (threshold.isEmpty()) {
            throw new InputException(
                    ErrorCode.OUT_OF_RANGE,
                    "On the %d validation photos of %s no probability leaves answers of which %s %% are right: give a lower %s.",
                    val.size(),
                    model,
                    100 * accuracy,
                    Setting.ABSTAIN_AT_ACCURACY);
        }
        return threshold.getAsDouble();
    }

    private static Predictions validation(RunFolder run) {
        String side = Split.VAL.name().toLowerCase(Locale.ROOT);
        Predictions val = Calibration.side(run.answers().orElse(List.of()), side);
        if (val.size() == 0) {
            throw new InputException(
                    ErrorCode.NOT_FOUND,
                    "The run %s has kept no answers on validation photos: run %s on it, or use %s.",
                    run.path(),
                    Action.CALIBRATE,
                    Setting.ABSTAIN.the());
        }
        return Temperature.apply(val, run.temperature().orElse(1));
    }
}
