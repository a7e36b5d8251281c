package io.meristem.report;

import io.meristem.InputException;
import io.meristem.Wording;
import io.meristem.artifact.PhotoAnswer;
import io.meristem.artifact.RunFolder;
import io.meristem.data.image.ImageDecoder;
import io.meristem.data.image.RgbImage;
import io.meristem.data.image.Thumbnail;
import io.meristem.explain.Heatmap;
import io.meristem.explain.Legend;
import io.meristem.job.HeatmapJob;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What a run's network looked at, on photos that it is judged by.
 *
 * @param wrong the photos named wrongly with the greatest confidence, the surest first: the photo, what spoke for the class named, what for the true one
 * @param right for each class, photos named rightly: the photo, and what spoke for its class
 * @param problem why none can be shown, or why some are missing; null when all is well
 */
record Heatmaps(List<Row> wrong, List<Row> right, String method, Integer rank, String problem) {

    private static final int MOST_WRONG = 8;
    private static final int EACH_RIGHT = 2;

    /** With many classes fewer photos of each are shown, and then not of all. */
    private static final int MOST_RIGHT = 24;

    /** Longer side of a picture, pixels. */
    private static final int SIDE = 224;

    /** One photo. */
    record Row(String path, List<Panel> panels) {}

    /**
     * @param picture a data URI
     * @param strength of the class as the network sees it, or empty for the photo itself
     */
    record Panel(String title, String strength, String picture, int width, int height) {}

    static Heatmaps of(RunFiles run, Path photos, HeatmapChoice choice, Wording wording) {
        List<PhotoAnswer> judged = Mistakes.judged(run);
        if (judged == null) {
            return without(choice, "Without the answers photo by photo there is nothing to look into.");
        }
        RunFolder folder;
        try {
            folder = RunFolder.open(run.folder());
        } catch (InputException e) {
            return without(
                    choice,
                    "What the network looked at cannot be shown: "
                            + e.sentence().text(wording));
        }
        List<PhotoAnswer> wrong = judged.stream()
                .filter(answer -> !answer.right())
                .sorted(surest())
                .limit(MOST_WRONG)
                .toList();
        List<PhotoAnswer> right = right(judged, run.classes().size());
        // A rank that does not fit is the user's mistake, and not the report's to pass over.
        try (Drawing drawing = new Drawing(
                HeatmapJob.open(folder.at(choice.rank()), choice.method(), choice.threads()), run, photos)) {
            List<Row> wrongRows = drawing.rows(wrong);
            List<Row> rightRows = drawing.rows(right);
            int wanted = wrong.size() + right.size();
            String problem = drawing.missing == 0 ? null : Mistakes.gone(drawing.missing, wanted, photos, wording);
            return new Heatmaps(wrongRows, rightRows, choice.method().label(), choice.rank(), problem);
        }
    }

    private static Heatmaps without(HeatmapChoice choice, String problem) {
        return new Heatmaps(List.of(), List.of(), choice.method().label(), choice.rank(), problem);
    }

    private static Comparator<PhotoAnswer> surest() {
        return Comparator.comparingDouble(PhotoAnswer::confidence).reversed();
    }

    /** Photos from the middle of each class's confidence, not the best ones: they are what is usual. */
    private static List<PhotoAnswer> right(List<PhotoAnswer> judged, int classes) {
        int each = Math.max(1, Math.min(EACH_RIGHT, MOST_RIGHT / classes));
        List<PhotoAnswer> chosen = new ArrayList<>();
        for (int label = 0; label < classes && chosen.size() < MOST_RIGHT; label++) {
            int of = label;
            List<PhotoAnswer> own = judged.stream()
                    .filter(answer -> answer.right() && answer.label() == of)
                    .sorted(surest())
                    .toList();
            int from = Math.max(0, (own.size() - each) / 2);
            chosen.addAll(own.subList(from, Math.min(own.size(), from + each)));
        }
        return chosen;
    }

    /** Opens photos and draws on them; counts those that are gone. */
    private static final class Drawing implements AutoCloseable {

        private final HeatmapJob job;
        private final RunFiles run;
        private final Path photos;
        private int missing;

        Drawing(HeatmapJob job, RunFiles run, Path photos) {
            this.job = job;
            this.run = run;
            this.photos = photos;
        }

        List<Row> rows(List<PhotoAnswer> answers) {
            List<Row> rows = new ArrayList<>();
            for (PhotoAnswer answer : answers) {
                try {
                    rows.add(row(answer));
                } catch (IOException | InvalidPathException e) {
                    missing++; // said above the pictures
                }
            }
            return rows;
        }

        private Row row(PhotoAnswer answer) throws IOException {
            DrawnMaps drawn = ImageDecoder.decode(
                    Mistakes.inside(photos, answer.path()),
                    photo -> new DrawnMaps(
                            Thumbnail.scaled(photo, SIDE),
                            answer.right() ? null : job.of(photo, answer.predicted()),
                            job.of(photo, answer.label())));
            List<Panel> panels = new ArrayList<>();
            panels.add(panel("photo of " + run.classes().get(answer.label()), "", drawn.small()));
            if (drawn.named() != null) {
                panels.add(speaksFor(answer.predicted(), drawn.named(), drawn.small(), "named "));
            }
            panels.add(
                    speaksFor(answer.label(), drawn.right(), drawn.small(), answer.right() ? "named rightly " : "is "));
            return new Row(answer.path(), panels);
        }

        /**
         * What is shown of one photo.
         *
         * @param named for the class that was named by mistake; null where it was the right one
         * @param right for the class that it is
         */
        private record DrawnMaps(RgbImage small, Heatmap named, Heatmap right) {}

        private Panel speaksFor(int label, Heatmap heatmap, RgbImage small, String word) throws IOException {
            String strength = NumberFormats.probability(heatmap.explanation().probabilities()[label]);
            return panel(
                    word + run.classes().get(label),
                    heatmap.empty() ? strength + ", no place speaks for it" : strength,
                    heatmap.over(small));
        }

        private static Panel panel(String title, String strength, RgbImage picture) throws IOException {
            Thumbnail thumbnail = Thumbnail.of(picture);
            return new Panel(title, strength, Mistakes.uri(thumbnail), thumbnail.width(), thumbnail.height());
        }

        @Override
        public void close() {
            job.close();
        }
    }

    String methodWords() {
        return rank == null ? method : method + ", adapters cut to rank " + rank;
    }

    /** The colour scale from low to high, as a CSS background. */
    String scale() {
        return "linear-gradient(to right, " + String.join(", ", Legend.colours(9)) + ")";
    }
}
