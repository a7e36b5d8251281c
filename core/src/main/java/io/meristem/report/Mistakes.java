package io.meristem.report;

import io.meristem.Action;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Message;
import io.meristem.Names;
import io.meristem.Setting;
import io.meristem.Wording;
import io.meristem.artifact.PhotoAnswer;
import io.meristem.artifact.StoredPhotos;
import io.meristem.data.image.Thumbnail;
import io.meristem.eval.Scores;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;

/**
 * The photos that a run named wrongly and was most sure of.
 *
 * @param wrong how many were named wrongly in all
 * @param photos the surest first
 * @param problem why there are no photos to show though there are wrong ones, or why some lack their picture; null when all is well
 */
record Mistakes(int wrong, List<ShownMistake> photos, String problem) {

    /** So many are shown. */
    private static final int MOST = 24;

    /** Longer side of a thumbnail, pixels. */
    private static final int SIDE = 200;

    /**
     * @param picture a data URI, or null where the photo is gone
     * @param width of the picture in pixels, 0 without one
     */
    record ShownMistake(
            String path, String truth, String named, String probability, String picture, int width, int height) {}

    /**
     * @param photos the folder where the photos lie now
     */
    static Mistakes of(RunFiles run, Path photos, Wording wording) {
        if (run.answers() == null) {
            return new Mistakes(
                    0,
                    List.of(),
                    Message.of(
                                    "This run has kept no answers photo by photo; %s writes them.",
                                    Action.EVALUATE.with("RUN", Setting.PREDICTIONS.as("RUN/predictions.csv")))
                            .text(wording));
        }
        List<PhotoAnswer> judged = judged(run);
        if (judged == null) {
            return new Mistakes(
                    0,
                    List.of(),
                    "The file predictions.csv does not hold the answers that this run was scored by, so its photos are not shown.");
        }
        List<PhotoAnswer> wrong = judged.stream()
                .filter(a -> !a.right())
                .sorted(Comparator.comparingDouble(PhotoAnswer::confidence).reversed())
                .toList();
        List<ShownMistake> shown = new ArrayList<>();
        int missing = 0;
        for (PhotoAnswer answer : wrong.subList(0, Math.min(MOST, wrong.size()))) {
            ShownMistake one = show(answer, run.classes(), photos);
            missing += one.picture() == null ? 1 : 0;
            shown.add(one);
        }
        return new Mistakes(wrong.size(), shown, missing == 0 ? null : gone(missing, shown.size(), photos, wording));
    }

    /** With a sentence about classes whose photos are gone, before what else is wrong. */
    Mistakes lacking(StoredPhotos.Present found, Wording wording) {
        if (found.missing().isEmpty()) {
            return this;
        }
        String sentence = Message.of(
                        "The folder %s has no photos any more of %s; %s says where they are now.",
                        found.place(),
                        String.join(", ", found.missing()),
                        Action.REPORT.with(Setting.DATA.as("FOLDER")))
                .text(wording);
        return new Mistakes(wrong, photos, problem == null ? sentence : sentence + " " + problem);
    }

    /** The answers for the photos that the run is judged by; null when there are none, or not those that it was scored by. */
    static List<PhotoAnswer> judged(RunFiles run) {
        List<PhotoAnswer> answers = run.answers();
        if (answers == null) {
            return null;
        }
        String side = run.judgedOnTest() ? "test" : "val";
        List<PhotoAnswer> judged =
                answers.stream().filter(a -> a.side().equals(side)).toList();
        return fits(judged, run.judged()) ? judged : null;
    }

    private static boolean fits(List<PhotoAnswer> answers, Scores scores) {
        return answers.size() == scores.photos()
                && answers.stream().filter(PhotoAnswer::right).count() == scores.right();
    }

    static String gone(int missing, int of, Path photos, Wording wording) {
        Message where = Files.isDirectory(photos)
                ? Message.of("in %s", photos)
                : Message.of(
                        "since there is no folder %s any more; %s says where they are now",
                        photos, Action.REPORT.with(Setting.DATA.as("FOLDER")));
        return Message.of("%s of these %d could not be read %s.", NumberFormats.count(missing, "photo"), of, where)
                .text(wording);
    }

    private static ShownMistake show(PhotoAnswer answer, List<String> classes, Path photos) {
        String picture = null;
        int width = 0;
        int height = 0;
        try {
            Thumbnail thumbnail = Thumbnail.of(inside(photos, answer.path()), SIDE);
            picture = uri(thumbnail);
            width = thumbnail.width();
            height = thumbnail.height();
        } catch (IOException | InvalidPathException e) {
            // Counted by the caller: a report of photos that are gone is still a report.
            picture = null;
        }
        return new ShownMistake(
                answer.path(),
                classes.get(answer.label()),
                classes.get(answer.predicted()),
                NumberFormats.probability(answer.confidence()),
                picture,
                width,
                height);
    }

    /** A picture that is part of the page. */
    static String uri(Thumbnail thumbnail) {
        return "data:image/jpeg;base64," + Base64.getEncoder().encodeToString(thumbnail.jpeg());
    }

    /** A report may go to others: only photos of the data folder get into it. */
    static Path inside(Path photos, String relative) {
        Path root = photos.toAbsolutePath().normalize();
        Path photo = Names.below(root, relative).normalize();
        if (!photo.startsWith(root)) {
            throw new InputException(
                    ErrorCode.DAMAGED_FILE,
                    "predictions.csv names %s, which is outside of the data folder %s: restore that file, or make it anew with %s.",
                    relative,
                    photos,
                    Action.EVALUATE.with(Setting.PREDICTIONS));
        }
        return photo;
    }
}
