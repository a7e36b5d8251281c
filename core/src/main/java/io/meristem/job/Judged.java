package io.meristem.job;

import io.meristem.artifact.PhotoAnswer;
import io.meristem.data.Loader;
import io.meristem.data.Photo;
import io.meristem.eval.Predictions;
import io.meristem.eval.Scores;
import io.meristem.nn.Network;
import io.meristem.tune.Inference;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Photos that a network has been asked about: how good its answers are together, and each of them. */
record Judged(Scores scores, List<PhotoAnswer> answers) {

    /** @param side names the side of the split that a photo is on */
    static Judged of(Network network, Loader loader, int size, List<String> classes, Function<Photo, String> side) {
        Predictions predictions = Inference.predict(network, loader, size, () -> true);
        List<PhotoAnswer> answers = new ArrayList<>();
        for (int i = 0; i < predictions.size(); i++) {
            Photo photo = loader.photos().get(predictions.photos()[i]);
            answers.add(new PhotoAnswer(
                    side.apply(photo),
                    photo.relative(),
                    predictions.labels()[i],
                    predictions.probabilities()[i]));
        }
        return new Judged(Scores.of(predictions, classes), answers);
    }
}
