package io.meristem.job;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.meristem.AtomicFiles;
import io.meristem.InputException;
import io.meristem.artifact.Calibration;
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
import io.meristem.data.Views;
import io.meristem.engine.Engine;
import io.meristem.eval.Coverage;
import io.meristem.eval.Predictions;
import io.meristem.eval.Scores;
import io.meristem.eval.Temperature;
import io.meristem.nn.Network;
import io.meristem.tune.Inference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

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
     * @param trust how far the probabilities can be trusted, and what is left when some answers are withheld
     * @param synthetic whether the photos are drawings
     * @param robustness scores of the same photos under perturbations, or null where none were asked for
     * @param caution that the run's test photos have been looked at often, or null
     */
    public record Outcome(
            Scores scores,
            List<String> unreadable,
            Trust trust,
            boolean synthetic,
            @JsonInclude(JsonInclude.Include.NON_NULL) Robustness robustness,
            @JsonInclude(JsonInclude.Include.NON_NULL) String caution) {}

    /**
     * The probabilities of the photos judged.
     *
     * @param temperature of the run, null when it has not been calibrated
     * @param fittedHere whether photos that the temperature was fitted on are among these
     * @param side before and after
     * @param abstained what is left below the probability that was asked for, or null
     */
    public record Trust(
            Double temperature,
            boolean fittedHere,
            @JsonUnwrapped Calibration.Side side,
            @JsonInclude(JsonInclude.Include.NON_NULL) Coverage.Point abstained) {}

    /** Side of photos that were not divided. */
    private static final String UNDIVIDED = "all";

    private EvaluateJob() {}

    /**
     * What is judged, on what.
     *
     * @param run folder of the run
     * @param rank one that a DyLoRA run was trained for, or null for the run as it is
     * @param data a folder with the run's classes, or null for the run's own
     * @param views of each photo whose probabilities are averaged; perturbed photos are seen in one
     * @param abstention which answers are withheld
     * @param predictions a CSV file for the answers photo by photo, written over where it is there; or null
     * @param part null for the test photos where the folder (or the run's split) has some, otherwise all
     * @param perturbations under each of which the same photos are judged again
     */
    public record Request(
            Path run,
            Integer rank,
            Path data,
            Part part,
            Perturbations perturbations,
            Views views,
            Abstention abstention,
            Path predictions) {

        /** One view of each photo, and every answer counts. */
        public Request(Path run, Integer rank, Path data, Part part, Perturbations perturbations, Path predictions) {
            this(run, rank, data, part, perturbations, Views.ONE, Abstention.NONE, predictions);
        }

        public Request {
            if (views != Views.ONE && !perturbations.isEmpty()) {
                throw new InputException("Perturbed photos are judged in one view: leave out --tta or --perturb.");
            }
        }
    }

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
        request.views().requireFit(config.model().preprocess());
        double least = request.abstention().threshold(request.run(), request.rank());
        Engine.start(threads);
        try (Network network = Networks.tuned(run)) {
            Photos photos = Photos.open(folder, config.model().preprocess(), cache, threads, listener::onDecode);
            List<Photo> chosen = choose(photos, wanted);
            int batchSize = config.train().batchSize();
            Judged judged = Judged.of(
                    network,
                    request.views().list(),
                    view -> photos.evaluation(chosen, view, batchSize, threads),
                    config.model().size(),
                    run.classes(),
                    photo -> own || wanted != Part.ALL ? Judged.side(photo) : UNDIVIDED);
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
            String caution = own && (wanted == Part.TEST || wanted == Part.ALL)
                    ? TestUse.note(run, "evaluate", judged.answers().size()).orElse(null)
                    : null;
            boolean fittedHere = own && (wanted == Part.VAL || wanted == Part.ALL);
            return new Outcome(
                    judged.scores(),
                    photos.unreadable(),
                    trust(judged.predictions(), run.temperature(), fittedHere, request.abstention(), least),
                    photos.synthetic(),
                    robustness,
                    caution);
        }
    }

    private static Trust trust(
            Predictions p, OptionalDouble temperature, boolean fittedHere, Abstention abstention, double least) {
        Double t = temperature.isPresent() ? temperature.getAsDouble() : null;
        Coverage.Point abstained =
                abstention.equals(Abstention.NONE) ? null : Coverage.at(t == null ? p : Temperature.apply(p, t), least);
        return new Trust(t, fittedHere && t != null, Calibration.Side.of(p, t), abstained);
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

    static void requireSameClasses(Path runPath, List<String> known, ImageFolder folder) {
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
