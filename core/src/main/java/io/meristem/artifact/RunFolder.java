package io.meristem.artifact;

import io.meristem.Action;
import io.meristem.AtomicFiles;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.InputFiles;
import io.meristem.Limit;
import io.meristem.Names;
import io.meristem.OwnFiles;
import io.meristem.ProcessLock;
import io.meristem.Setting;
import io.meristem.tune.DyLora;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** The folder of a training run that has begun, to be read: its state and its files, which docs/formats.md lists. {@link RunPlace} is where one comes to be. */
public final class RunFolder {

    static final String NETWORK_FORMAT = "meristem-network";
    static final String ADAPTER_FORMAT = "meristem-adapter";

    public static final String CONFIG = "config.json";
    public static final String CLASSES = "classes.json";
    public static final String PROVENANCE = "provenance.json";
    public static final String PLAN = "plan.json";
    public static final String METRICS = "metrics.jsonl";
    public static final String TIMINGS = "timings.jsonl";
    public static final String RANKS = "ranks.jsonl";
    public static final String ADAPTER = "adapter.safetensors";
    public static final String BEST = "best.safetensors";
    public static final String LAST = "last.safetensors";
    public static final String LAST_AVERAGED = "last-averaged.safetensors";
    public static final String RESULT = "result.json";
    public static final String CONFUSION = "confusion.csv";
    public static final String PREDICTIONS = "predictions.csv";
    public static final String CALIBRATION = "calibration.json";
    public static final String SUMMARY = "summary.txt";
    public static final String LOOKS = "test-looks.jsonl";

    /** Files that get a line now and then. */
    static final List<String> GROWING = List.of(METRICS, TIMINGS, RANKS);

    /** All files of a run folder, but for what is in its checkpoints. */
    private static final List<String> ALL = List.of(
            CONFIG,
            CLASSES,
            PROVENANCE,
            METRICS,
            TIMINGS,
            RANKS,
            ADAPTER,
            BEST,
            LAST,
            RESULT,
            CONFUSION,
            PREDICTIONS,
            CALIBRATION,
            SUMMARY,
            LOOKS,
            ProcessLock.NAME);

    /** Files that hold the best state. */
    static final List<String> STATES = List.of(BEST, ADAPTER);

    private final Path path;
    private final Integer rank;

    private RunFolder(Path path, Integer rank) {
        this.path = path;
        this.rank = rank;
    }

    /** Whether a run came to its end there: its result is the last file that is written. */
    public static boolean isFinished(Path path) {
        return Files.isRegularFile(path.resolve(RESULT));
    }

    /**
     * The result of a run that has ended, with what a kill in its last moment has left taken away.
     *
     * @throws InputException when no finished run is there
     */
    public static RunResult ended(Path path) {
        requireOwn(path);
        RunPlace.at(path).tidy();
        return result(path);
    }

    /** @throws InputException when no finished run is there */
    public static RunResult result(Path path) {
        requireOwn(path);
        return Json.read(path.resolve(RESULT), RunResult.class);
    }

    /**
     * How many epochs a run that has begun is to have.
     *
     * @throws InputException when no run has begun there
     */
    public static int epochs(Path path) {
        return begun(path).config().train().epochs();
    }

    /** The run that begins with this writing, or has begun. */
    static RunFolder of(Path path) {
        return new RunFolder(path, null);
    }

    /** @throws InputException when no run has begun there */
    static RunFolder begun(Path path) {
        if (!Files.exists(path)) {
            throw new InputException(
                    ErrorCode.NOT_FOUND,
                    "There is no run folder %s: give the folder that %s wrote.",
                    path,
                    Action.TRAIN);
        }
        requireOwn(path);
        if (Files.isDirectory(path) && RunPlace.isLeftover(path)) {
            throw new InputException(
                    ErrorCode.NOT_FOUND,
                    "The training in %s was stopped before its run began, and there is nothing to resume: begin again with %s.",
                    path,
                    Action.TRAIN.with(Setting.OUT.as(path)));
        }
        if (!Files.isRegularFile(path.resolve(CONFIG))) {
            throw new InputException(
                    ErrorCode.WRONG_KIND,
                    "%s is not a run folder, it has no %s: give the folder that %s wrote.",
                    path,
                    CONFIG,
                    Action.TRAIN);
        }
        return new RunFolder(path, null);
    }

    /**
     * Refuses a folder of which a file, or a checkpoint, is a link that leads out of it, a pipe or a device: reading might wait for ever, writing and deleting
     * might happen elsewhere.
     *
     * @throws InputException naming the first
     */
    public static void requireOwn(Path path) {
        ALL.forEach(name -> OwnFiles.requireFile(path, path.resolve(name)));
        new Checkpoints(path).requireOwn();
    }

    /** @throws InputException when there is no run, or none with a state to use */
    public static RunFolder open(Path path) {
        RunFolder folder = begun(path);
        if (!Files.isRegularFile(path.resolve(BEST))) {
            throw new InputException(
                    ErrorCode.NOT_FOUND,
                    "The run in %s was stopped before its first epoch ended: there is no trained state in it, %s.",
                    path,
                    Action.RESUME.with(path));
        }
        return folder;
    }

    /**
     * The same run with its adapters cut to one of the ranks that DyLoRA has trained.
     *
     * @param rank null for the run as it is
     * @throws InputException when the run was not trained for that rank
     */
    public RunFolder at(Integer rank) {
        if (rank == null) {
            return this;
        }
        if (!(config().train().method() instanceof DyLora method)) {
            throw new InputException(
                    ErrorCode.CONFLICTING_SETTINGS,
                    "The run in %s has one rank only, it was trained with '%s': leave %s out, or train with %s.",
                    path,
                    config().train().method().label(),
                    Setting.RANK.the(),
                    Setting.METHOD.as("dylora"));
        }
        if (rank < method.rankMin() || rank > method.rankMax()) {
            throw new InputException(
                    ErrorCode.OUT_OF_RANGE,
                    "The run in %s was trained for ranks %s to %s, not for %s: give another %s.",
                    path,
                    method.rankMin(),
                    method.rankMax(),
                    rank,
                    Setting.RANK);
        }
        return new RunFolder(path, rank);
    }

    /** The rank that the run is looked at, or null for the run as it is. */
    public Integer rank() {
        return rank;
    }

    public Path path() {
        return path;
    }

    public Path file(String name) {
        return path.resolve(name);
    }

    /** @throws InputException when it cannot be read, or says that photos are prepared in a way that cannot be */
    public RunConfig config() {
        RunConfig config = Json.read(file(CONFIG), RunConfig.class);
        try {
            config.model().preprocess();
        } catch (InputException e) {
            throw new InputException(e.code(), e, "%s cannot be used. %s", file(CONFIG), e.sentence());
        }
        return config;
    }

    public Provenance provenance() {
        return Json.read(file(PROVENANCE), Provenance.class);
    }

    /**
     * Where the run's photos are by its configuration, looked at before anything walks through it: the run may be a stranger's.
     *
     * @throws InputException when there is no such folder, when it is a whole disk or the system's own, or when the run's classes are not in it
     */
    public Path photos() {
        return StoredPhotos.of(path, config().data(), classes());
    }

    /** Class names in label order. */
    public List<String> classes() {
        return classes(path);
    }

    /**
     * The same of the run in a folder.
     *
     * @throws InputException when the file is not there, or holds what cannot be the names of a run's folders of photos
     */
    public static List<String> classes(Path run) {
        Path file = run.resolve(CLASSES);
        List<String> names = List.of(Json.read(file, String[].class));
        boolean usable = !names.isEmpty()
                && new HashSet<>(names).size() == names.size()
                && names.stream().allMatch(name -> !name.isEmpty() && name.length() <= Limit.CLASS_NAME.value());
        if (!usable) {
            throw new InputException(
                    ErrorCode.DAMAGED_FILE,
                    "%s does not hold the names of classes, each once and none of more characters than %s: restore the file.",
                    file,
                    Limit.CLASS_NAME.words());
        }
        // Runs from before names were compared in NFC may know two that are one in it.
        List<String> composed = names.stream().map(Names::nfc).toList();
        return new HashSet<>(composed).size() == names.size() ? composed : names;
    }

    /** Empty for a run without validation photos, and for one from before there was calibration. */
    public Optional<Calibration> calibration() {
        Path file = file(CALIBRATION);
        return Files.exists(file) ? Optional.of(Json.read(file, Calibration.class)) : Optional.empty();
    }

    /** What the logits of the run, at the rank that it is looked at, are divided by; empty where that has not been fitted. */
    public OptionalDouble temperature() {
        Optional<Calibration> calibration = calibration();
        if (calibration.isEmpty()) {
            return OptionalDouble.empty();
        }
        if (rank == null || config().train().method() instanceof DyLora method && rank == method.rankMax()) {
            return OptionalDouble.of(calibration.get().temperature());
        }
        return calibration.get().ranks().stream()
                .filter(at -> at.rank() == rank)
                .mapToDouble(Calibration.AtRank::temperature)
                .findFirst();
    }

    /** What the best state said about each validation and test photo, not calibrated; empty where the run has not kept it. */
    public Optional<List<PhotoAnswer>> answers() {
        Path file = file(PREDICTIONS);
        return Files.exists(file) ? Optional.of(PredictionTable.read(file, classes())) : Optional.empty();
    }

    /** Who has looked at the test photos since the training, which looks once itself. */
    public List<TestLook> looks() {
        return Json.linesIfThere(file(LOOKS), TestLook.class);
    }

    /** Notes that the test photos are looked at; where the folder cannot be written nothing is noted, which is no reason to keep an answer back. */
    public void note(TestLook look) {
        try {
            OwnFiles.append(file(LOOKS), Json.line(look) + "\n");
        } catch (IOException e) {
            return;
        }
    }

    /** @throws InputException when the file cannot be written */
    public void save(Calibration calibration) {
        put(CALIBRATION, Json.pretty(calibration));
    }

    /** @throws InputException when the file cannot be written */
    public void save(List<PhotoAnswer> answers) {
        put(PREDICTIONS, PredictionTable.text(classes(), answers));
    }

    private void put(String name, String text) {
        try {
            write(name, text);
        } catch (IOException e) {
            throw new InputException(
                    ErrorCode.NOT_WRITABLE,
                    e,
                    "%s cannot be written (%s): make room, or make the run folder writable.",
                    file(name),
                    InputFiles.reason(e));
        }
    }

    /** What a file of tensors says of itself. */
    static Map<String, String> metadata(String format, String model, int epoch) {
        return Map.of("format", format, "model", model, "epoch", String.valueOf(epoch));
    }

    void write(String name, String text) throws IOException {
        AtomicFiles.writeString(file(name), text);
    }
}
