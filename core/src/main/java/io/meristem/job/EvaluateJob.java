package io.meristem.job;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.meristem.AtomicFiles;
import io.meristem.InputException;
import io.meristem.artifact.PredictionTable;
import io.meristem.artifact.RunConfig;
import io.meristem.artifact.RunFolder;
import io.meristem.data.ImageFolder;
import io.meristem.data.Perturbation;
import io.meristem.data.Perturbations;
import io.meristem.data.PerturbedPhotos;
import io.meristem.data.Photo;
import io.meristem.data.Split;
import io.meristem.data.SplitOptions;
import io.meristem.engine.Engine;
import io.meristem.eval.Predictions;
import io.meristem.eval.Scores;
import io.meristem.nn.Network;
import io.meristem.tune.Inference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Judges a run's best state on labelled photos. */
public final class EvaluateJob {

    /** Which photos of a folder are judged. */
    public enum Part {
        TRAIN,
        VAL,
        TEST,
        ALL
    }

    /**
     * @param scores of the readable photos
     * @param unreadable a sentence for each photo left out
     * @param synthetic whether the photos are drawings
     * @param robustness scores of the same photos under perturbations, or null where none were asked for
     */
    public record Outcome(
            Scores scores,
            List<String> unreadable,
            boolean synthetic,
            @JsonInclude(JsonInclude.Include.NON_NULL) Robustness robustness) {}

    /** Side of photos that were not divided. */
    private static final String UNDIVIDED = "all";

    private EvaluateJob() {}

    /**
     * What is judged, on what.
     *
     * @param run folder of the run
     * @param rank one that a DyLoRA run was trained for, or null for the run as it is
     * @param data a folder with the run's classes, or null for the run's own
     * @param predictions a CSV file for the answers photo by photo, written over where it is there; or null
     * @param part null for the test photos where the folder (or the run's split) has some, otherwise all
     * @param perturbations under each of which the same photos are judged again
     */
    public record Request(
            Path run, Integer rank, Path data, Part part, Perturbations perturbations, Path predictions) {}

    /** Judges the run as it is, on photos as they are. */
    public static Outcome run(Path runPath, Path data, Part part, int threads, Path cache, JobListener listener) {
        return run(new Request(runPath, null, data, part, Perturbations.NONE, null), threads, cache, listener);
    }

    public static Outcome run(Request request, int threads, Path cache, JobListener listener) {
        if (request.predictions() != null) {
            refuseUnlessCsv(request.predictions());
        }
        RunFolder run = RunFolder.open(request.run()).at(request.rank());
        Path data = request.data();
        Part part = request.part();
        Perturbations perturbations = request.perturbations();
        RunConfig config = run.config();
        if (data == null && config.data().folder() == null) {
            throw new InputException("The run in " + request.run()
                    + " was imported and has no photos of its own: name a folder with --data.");
        }
        boolean own = data == null
                || data.toAbsolutePath()
                        .normalize()
                        .toString()
                        .equals(config.data().folder());
        Path root = own ? Path.of(config.data().folder()) : data;
        Part wanted = part != null ? part : own || Files.isDirectory(root.resolve("test")) ? Part.TEST : Part.ALL;
        ImageFolder folder = ImageFolder.scan(root, own ? config.data().split() : split(wanted));
        requireSameClasses(request.run(), run.classes(), folder);
        Engine.start(threads);
        try (Network network = Networks.tuned(run)) {
            Photos photos = Photos.open(folder, config.model().preprocess(), cache, threads, listener::onDecode);
            List<Photo> chosen = choose(photos, wanted);
            int batchSize = config.train().batchSize();
            Judged judged = Judged.of(
                    network,
                    photos.evaluation(chosen, batchSize, threads),
                    config.model().size(),
                    run.classes(),
                    photo -> own || wanted != Part.ALL ? photo.split().name().toLowerCase(Locale.ROOT) : UNDIVIDED);
            if (request.predictions() != null) {
                write(request.predictions(), PredictionTable.text(run.classes(), judged.answers()));
            }
            Robustness robustness = perturbations.isEmpty()
                    ? null
                    : robustness(
                            network,
                            photos.perturbed(chosen, perturbations, batchSize, threads),
                            run.classes(),
                            listener);
            return new Outcome(judged.scores(), photos.unreadable(), photos.synthetic(), robustness);
        }
    }

    private static void refuseUnlessCsv(Path file) {
        if (!String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT).endsWith(".csv") || Files.isDirectory(file)) {
            throw new InputException("The predictions cannot go to " + file + ": name a file that ends in .csv.");
        }
    }

    private static void write(Path file, String text) {
        try {
            AtomicFiles.writeString(file, text);
        } catch (IOException e) {
            throw new InputException(
                    "The predictions cannot be written to " + file + " (" + e + "): choose another place or make room.",
                    e);
        }
    }

    private static Robustness robustness(
            Network network, PerturbedPhotos photos, List<String> classes, JobListener listener) {
        int total = photos.batches();
        List<Predictions> predictions = Inference.predict(network, photos, done -> listener.onPerturbed(done, total));
        List<Robustness.Result> results = new ArrayList<>();
        for (int p = 0; p < predictions.size(); p++) {
            Perturbation perturbation = photos.perturbations().list().get(p);
            results.add(new Robustness.Result(
                    perturbation, perturbation.setting(), Scores.of(predictions.get(p), classes)));
        }
        return new Robustness(photos.perturbations().seed(), results);
    }

    /** Of a folder that was not trained on: nothing is set aside where all is judged. */
    private static SplitOptions split(Part wanted) {
        return wanted == Part.ALL ? SplitOptions.defaults().withFractions(0, 0) : SplitOptions.defaults();
    }

    private static List<Photo> choose(Photos photos, Part wanted) {
        List<Photo> chosen =
                wanted == Part.ALL ? photos.cache().photos() : photos.cache().photos(Split.valueOf(wanted.name()));
        if (chosen.isEmpty()) {
            throw new InputException("There are no " + wanted.name().toLowerCase(Locale.ROOT) + " photos in "
                    + photos.folder().root()
                    + ": choose another --split.");
        }
        return chosen;
    }

    private static void requireSameClasses(Path runPath, List<String> known, ImageFolder folder) {
        if (!known.equals(folder.classes())) {
            List<String> missing = known.stream()
                    .filter(name -> !folder.classes().contains(name))
                    .toList();
            List<String> extra = folder.classes().stream()
                    .filter(name -> !known.contains(name))
                    .toList();
            throw new InputException("The run " + runPath + " knows " + known.size() + " classes and the folder "
                    + folder.root() + " has "
                    + folder.classes().size()
                    + (missing.isEmpty() ? "" : "; the folder lacks " + String.join(", ", missing))
                    + (extra.isEmpty() ? "" : "; the run lacks " + String.join(", ", extra))
                    + ": name the class folders as in training.");
        }
    }
}
