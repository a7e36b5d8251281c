package io.meristem.job;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Message;
import io.meristem.Outputs;
import io.meristem.Setting;
import io.meristem.artifact.Calibration;
import io.meristem.artifact.PredictionTable;
import io.meristem.artifact.RunConfig;
import io.meristem.artifact.RunFolder;
import io.meristem.data.feed.PerturbedPhotos;
import io.meristem.data.folder.ImageFolder;
import io.meristem.data.folder.Photo;
import io.meristem.data.folder.Split;
import io.meristem.data.folder.SplitOptions;
import io.meristem.data.image.Perturbation;
import io.meristem.data.image.Perturbations;
import io.meristem.data.image.Views;
import io.meristem.engine.Engine;
import io.meristem.eval.Coverage;
import io.meristem.eval.Predictions;
import io.meristem.eval.Scores;
import io.meristem.eval.Temperature;
import io.meristem.predict.Classifier;
import io.meristem.tune.Inference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/** Judges a run's best state, or a file that was exported from one, on labelled photos. */
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
     * @param caution that the run has been evaluated on its test set often, or null
     */
    public record Outcome(
            Scores scores,
            List<String> unreadable,
            Trust trust,
            boolean synthetic,
            @JsonInclude(JsonInclude.Include.NON_NULL) Robustness robustness,
            @JsonInclude(JsonInclude.Include.NON_NULL) Message caution) {

        private Outcome with(Message newCaution) {
            return new Outcome(scores, unreadable, trust, synthetic, robustness, newCaution);
        }
    }

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

    /** Photos at once, of a file, which does not say how many it was trained with. */
    private static final int FILE_BATCH = 32;

    private final Request request;
    private final Inference.Answers answers;
    private final List<String> classes;
    private final OptionalDouble temperature;
    private final double least;

    /** @param least probability of an answer that counts */
    private EvaluateJob(Request request, Classifier classifier, double least) {
        this.request = request;
        this.answers = batch -> classifier.probabilities(batch.nhwc(), batch.size());
        this.classes = classifier.classes();
        this.temperature = classifier.temperature();
        this.least = least;
    }

    /**
     * What is judged, on what.
     *
     * @param run folder of the run, or an exported file that {@link Classifiers} opens
     * @param rank one that a DyLoRA run was trained for, or null for the run as it is
     * @param data a folder with the run's classes, or null for the run's own, which a file does not know
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

        /** The run's own photos, or its test photos, as they are; one view of each, and every answer counts. */
        public static Request of(Path run) {
            return new Request(run, null, null, null, Perturbations.NONE, Views.ONE, Abstention.NONE, null);
        }

        public Request withRank(Integer newRank) {
            return new Request(run, newRank, data, part, perturbations, views, abstention, predictions);
        }

        public Request withData(Path newData) {
            return new Request(run, rank, newData, part, perturbations, views, abstention, predictions);
        }

        public Request withPart(Part newPart) {
            return new Request(run, rank, data, newPart, perturbations, views, abstention, predictions);
        }

        public Request withPerturbations(Perturbations newPerturbations) {
            return new Request(run, rank, data, part, newPerturbations, views, abstention, predictions);
        }

        public Request withViews(Views newViews) {
            return new Request(run, rank, data, part, perturbations, newViews, abstention, predictions);
        }

        public Request withAbstention(Abstention newAbstention) {
            return new Request(run, rank, data, part, perturbations, views, newAbstention, predictions);
        }

        public Request withPredictions(Path newPredictions) {
            return new Request(run, rank, data, part, perturbations, views, abstention, newPredictions);
        }

        public Request {
            if (views != Views.ONE && !perturbations.isEmpty()) {
                throw new InputException(
                        ErrorCode.CONFLICTING_SETTINGS,
                        "Perturbed photos are judged in one view: leave out %s or %s.",
                        Setting.VIEWS.the(),
                        Setting.PERTURB.the());
            }
        }
    }

    /** Judges the run as it is, on photos as they are. */
    public static Outcome run(Path runPath, Path data, Part part, int threads, Path cache, JobListener listener) {
        return run(Request.of(runPath).withData(data).withPart(part), threads, cache, listener);
    }

    public static Outcome run(Request request, int threads, Path cache, JobListener listener) {
        if (request.predictions() != null) {
            refuseUnlessCsv(request.predictions());
        }
        RunFolder run = Files.isRegularFile(request.run())
                ? null
                : RunFolder.open(request.run()).at(request.rank());
        boolean own = run != null && isOwn(run.config(), request.data());
        Path root = own ? run.photos() : request.data();
        if (root == null) {
            if (run == null) {
                throw new InputException(
                        ErrorCode.MISSING_SETTING,
                        "%s does not know the photos that it was trained on: give %s.",
                        request.run(),
                        Setting.DATA.the());
            }
            throw new InputException(
                    ErrorCode.MISSING_SETTING,
                    "The run in %s was imported and has no photos of its own: give %s.",
                    request.run(),
                    Setting.DATA.the());
        }
        double least = request.abstention().threshold(request.run(), request.rank());
        Engine.start(threads);
        try (Classifier classifier = Classifiers.open(request.run(), request.rank())) {
            ImageFolder photos = ImageFolder.scan(
                    root, own ? run.config().data().split() : split(request.part()), classifier.classes());
            Part wanted = wanted(request, photos, own);
            photos.cautions().forEach(listener::onNote);
            request.views().requireFit(classifier.preprocess());
            PreparedPhotos opened =
                    PreparedPhotos.open(photos, classifier.preprocess(), cache, threads, listener::onDecode);
            opened.cache().notes().forEach(listener::onNote);
            if (own && changed(run, opened)) {
                listener.onNote(
                        "The photos in " + root
                                + " have changed since the training: some were added, removed or replaced, so these figures are not those of the run, and photos that it was trained on may be among them.");
            }
            int batchSize = run == null ? FILE_BATCH : run.config().train().batchSize();
            Outcome outcome = new EvaluateJob(request, classifier, least)
                    .judge(opened, wanted, own, batchSize, threads, listener);
            return own && (wanted == Part.TEST || wanted == Part.ALL)
                    ? outcome.with(
                            TestUse.note(run, "evaluate", outcome.scores().photos())
                                    .orElse(null))
                    : outcome;
        }
    }

    /** @param data as it was asked for, null for the run's own photos */
    private static boolean isOwn(RunConfig config, Path data) {
        String trained = config.data().folder();
        return data == null
                ? trained != null
                : data.toAbsolutePath().normalize().toString().equals(trained);
    }

    private static boolean changed(RunFolder run, PreparedPhotos photos) {
        String trained = run.provenance().dataFingerprint();
        return trained != null && !trained.equals(photos.cache().fingerprint());
    }

    private static Part wanted(Request request, ImageFolder photos, boolean own) {
        if (request.part() != null) {
            return request.part();
        }
        return own || !photos.photos(Split.TEST).isEmpty() ? Part.TEST : Part.ALL;
    }

    /** @param own whether the photos are those of the run, on the sides that they had in training */
    private Outcome judge(
            PreparedPhotos photos, Part wanted, boolean own, int batchSize, int threads, JobListener listener) {
        List<Photo> chosen = choose(photos, wanted);
        Judgement judged = Judgement.of(
                answers,
                request.views().list(),
                view -> photos.evaluation(chosen, view, batchSize, threads),
                classes,
                photo -> own || wanted != Part.ALL ? Judgement.side(photo) : UNDIVIDED);
        if (request.predictions() != null) {
            write(request.predictions(), PredictionTable.text(classes, judged.answers()));
        }
        Perturbations perturbations = request.perturbations();
        Robustness robustness = perturbations.isEmpty()
                ? null
                : robustness(photos.perturbed(chosen, perturbations, batchSize, threads), listener);
        boolean fittedHere = own && (wanted == Part.VAL || wanted == Part.ALL);
        return new Outcome(
                judged.scores(),
                photos.unreadable(),
                trust(judged.predictions(), temperature, fittedHere, request.abstention(), least),
                photos.synthetic(),
                robustness,
                null);
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
            throw new InputException(
                    ErrorCode.OUT_OF_RANGE, "The predictions cannot go to %s: name a file that ends in .csv.", file);
        }
        Outputs.requireFile(file, Setting.PREDICTIONS);
    }

    private static void write(Path file, String text) {
        try {
            Outputs.writeString(file, text);
        } catch (IOException e) {
            throw new InputException(
                    ErrorCode.NOT_WRITABLE,
                    e,
                    "The predictions cannot be written to %s (%s): choose another place or make room.",
                    file,
                    e);
        }
    }

    private Robustness robustness(PerturbedPhotos photos, JobListener listener) {
        int total = photos.batches();
        List<Predictions> predictions = Inference.predict(answers, photos, done -> listener.onPerturbed(done, total));
        List<Robustness.Result> results = new ArrayList<>();
        for (int p = 0; p < predictions.size(); p++) {
            Perturbation perturbation = photos.perturbations().list().get(p);
            Judgement.requireAnswers(
                    photos.photos(),
                    predictions.get(p),
                    " under " + perturbation.kind().label());
            results.add(new Robustness.Result(
                    perturbation, perturbation.setting(), Scores.of(predictions.get(p), classes)));
        }
        return new Robustness(photos.perturbations().seed(), results);
    }

    /** Of a folder that was not trained on: nothing is set aside where all is judged, or what the folder itself has for testing. */
    private static SplitOptions split(Part wanted) {
        return wanted == null || wanted == Part.ALL
                ? SplitOptions.defaults().withFractions(0, 0)
                : SplitOptions.defaults();
    }

    private static List<Photo> choose(PreparedPhotos photos, Part wanted) {
        List<Photo> chosen =
                wanted == Part.ALL ? photos.cache().photos() : photos.cache().photos(Split.valueOf(wanted.name()));
        if (chosen.isEmpty()) {
            throw new InputException(
                    ErrorCode.TOO_FEW,
                    "There are no %s photos in %s: choose another %s.",
                    wanted.name().toLowerCase(Locale.ROOT),
                    photos.folder().root(),
                    Setting.SPLIT);
        }
        return chosen;
    }
}
