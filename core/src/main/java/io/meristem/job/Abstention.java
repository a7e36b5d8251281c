package io.meristem.job;

import io.meristem.InputException;
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
            throw new InputException("A probability and an accuracy were both given: leave out --abstain or"
                    + " --abstain-at-accuracy.");
        }
        if (below != null && !(below >= 0 && below <= 1)) {
            throw new InputException("An answer cannot be withheld below the probability " + below
                    + ": give --abstain a value from 0 to 1.");
        }
        if (accuracy != null && !(accuracy > 0 && accuracy <= 1)) {
            throw new InputException(
                    "An accuracy of " + accuracy + " cannot be: give --abstain-at-accuracy a value above 0, up to 1.");
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
            throw new InputException(model + " has no validation photos beside it to choose a probability on: use"
                    + " --abstain, or give the run folder.");
        }
        RunFolder run = RunFolder.open(model);
        if (rank != null) {
            throw new InputException("Answers at a rank have not been kept photo by photo: use --abstain with --rank.");
        }
        Predictions val = validation(run);
        OptionalDouble threshold = Coverage.threshold(val, accuracy);
        if (threshold.isEmpty()) {
            throw new InputException(String.format(
                    Locale.ROOT,
                    "On the %d validation photos of %s no probability leaves answers of which %s %% are right: give a lower --abstain-at-accuracy.",
                    val.size(),
                    model,
                    100 * accuracy));
        }
        return threshold.getAsDouble();
    }

    private static Predictions validation(RunFolder run) {
        String side = Split.VAL.name().toLowerCase(Locale.ROOT);
        Predictions val = Calibration.side(run.answers().orElse(List.of()), side);
        if (val.size() == 0) {
            throw new InputException("The run " + run.path() + " has kept no answers on validation photos: run"
                    + " 'meristem calibrate' on it, or use --abstain.");
        }
        return Temperature.apply(val, run.temperature().orElse(1));
    }
}
