package io.meristem.job;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Setting;
import io.meristem.artifact.PhotoAnswer;
import io.meristem.data.feed.Loader;
import io.meristem.data.folder.Photo;
import io.meristem.data.image.View;
import io.meristem.eval.Predictions;
import io.meristem.eval.Scores;
import io.meristem.eval.Temperature;
import io.meristem.execute.Network;
import io.meristem.tune.Inference;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** Photos that a network has been asked about: how good its answers are together, and each of them. */
record Judgement(Scores scores, List<PhotoAnswer> answers, Predictions predictions) {

    /** @param side names the side of the split that a photo is on */
    static Judgement of(Network network, Loader loader, int size, List<String> classes, Function<Photo, String> side) {
        return of(loader.photos(), Inference.predict(network, loader, size, () -> true), classes, side);
    }

    /**
     * The mean of several views of each photo.
     *
     * @param loader of the same photos in a view
     */
    static Judgement of(
            Inference.Answers network,
            List<View> views,
            Function<View, Loader> loader,
            List<String> classes,
            Function<Photo, String> side) {
        List<Predictions> all = new ArrayList<>();
        List<Photo> photos = List.of();
        for (View view : views) {
            Loader one = loader.apply(view);
            photos = one.photos();
            all.add(Inference.predict(network, one, () -> true));
        }
        Predictions first = all.get(0);
        float[][] rows = new float[first.size()][];
        for (int i = 0; i < rows.length; i++) {
            int row = i;
            rows[i] = Temperature.mean(
                    all.stream().map(p -> p.probabilities()[row]).toList());
        }
        return of(photos, new Predictions(rows, first.labels(), first.photos()), classes, side);
    }

    /** @throws InputException when the network's numbers overflow on some of the photos: there is nothing to judge then */
    private static Judgement of(
            List<Photo> photos, Predictions predictions, List<String> classes, Function<Photo, String> side) {
        requireAnswers(photos, predictions, "");
        List<PhotoAnswer> answers = new ArrayList<>();
        for (int i = 0; i < predictions.size(); i++) {
            Photo photo = photos.get(predictions.photos()[i]);
            answers.add(new PhotoAnswer(
                    side.apply(photo),
                    photo.relative(),
                    predictions.labels()[i],
                    predictions.probabilities()[i]));
        }
        return new Judgement(Scores.of(predictions, classes), answers, predictions);
    }

    /**
     * @param when such as {@code " under noise"}, for the sentence
     * @throws InputException when some rows are no answers
     */
    static void requireAnswers(List<Photo> photos, Predictions predictions, String when) {
        int[] overflowed = predictions.overflowed();
        if (overflowed.length > 0) {
            throw new InputException(
                    ErrorCode.NOT_FINITE,
                    "The network's numbers overflow on %s of %s photos%s, the first is %s: its weights are damaged, or its training went wrong; restore them, or train again with a lower %s.",
                    overflowed.length,
                    predictions.size(),
                    when,
                    photos.get(predictions.photos()[overflowed[0]]).relative(),
                    Setting.RATE);
        }
    }

    /** What the side of a photo is called in tables. */
    static String side(Photo photo) {
        return photo.split().name().toLowerCase(Locale.ROOT);
    }
}
