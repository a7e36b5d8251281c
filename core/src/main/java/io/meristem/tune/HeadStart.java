package io.meristem.tune;

import io.meristem.execute.LabelledFeed;
import io.meristem.execute.Network;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BiFunction;

/** What the new classifier layer starts from, before anything trains. */
public enum HeadStart {
    /** Drawn from the seed. */
    RANDOM,
    /** Solved for: ridge regression of the classes on what enters the head, see {@link Ridge}. */
    RIDGE,
    /** The head of the weights that training starts from: they are of a network that was tuned for the same classes. */
    KEPT;

    /** As many training photos as are looked at. */
    private static final int MOST_PHOTOS = 8192;

    private static final int BATCH = 32;

    /**
     * Gives the head its first values; another than {@link #RIDGE} has them already.
     *
     * @param network not folded
     * @param calibration gives a number of batches of a size: training photos in evaluation form with their labels
     * @return a sentence about it to be shown to the user
     */
    public Optional<String> apply(Network network, BiFunction<Integer, Integer, LabelledFeed> calibration) {
        if (this != RIDGE) {
            return Optional.empty();
        }
        LabelledFeed photos = calibration.apply(MOST_PHOTOS / BATCH, BATCH);
        Ridge.Fit fit;
        try (HeadInputs inputs = HeadInputs.of(network, photos)) {
            fit = Ridge.fit(inputs.features(), inputs.labels(), network.classes());
        }
        fit.putInto(network.head());
        return Optional.of(String.format(
                Locale.ROOT,
                "The new head starts from a ridge regression on %d training photos, of which it names %.1f %% when they are left out.",
                fit.photos(),
                100 * fit.accuracy()));
    }
}
