package io.meristem.job;

import io.meristem.Action;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.InputFiles;
import io.meristem.Message;
import io.meristem.Names;
import io.meristem.Setting;
import io.meristem.artifact.PhotoAnswer;
import io.meristem.artifact.PredictionTable;
import io.meristem.artifact.RunConfig;
import io.meristem.artifact.RunFolder;
import io.meristem.data.folder.Split;
import io.meristem.eval.Interval;
import io.meristem.eval.Paired;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;

/** Compares runs on the photos of one side of the split that they share: the answers that they have kept, or new ones. */
public final class CompareJob {

    private final Split side;
    private final List<Answered> runs = new ArrayList<>();

    private CompareJob(Split side) {
        this.side = side;
    }

    /**
     * A run and what it says of each photo of the side.
     *
     * @param answers by path
     */
    private record Answered(
            RunFolder run, RunConfig config, List<String> classes, TreeMap<String, PhotoAnswer> answers) {

        int right() {
            return (int) answers.values().stream().filter(PhotoAnswer::right).count();
        }

        boolean[] rights() {
            boolean[] rights = new boolean[answers.size()];
            int i = 0;
            for (PhotoAnswer answer : answers.values()) {
                rights[i++] = answer.right();
            }
            return rights;
        }
    }

    /**
     * @param paths of run folders, two or more; the first is what the others are compared with
     * @param side {@link Split#TEST}, or {@link Split#VAL} for choosing among the runs
     * @param seed of the bootstrap
     * @throws InputException when the runs do not have the same photos there
     */
    public static Comparison run(
            List<Path> paths, Split side, long seed, int threads, Path cache, JobListener listener) {
        Set<Path> seen = new HashSet<>();
        for (Path path : paths) {
            if (!seen.add(path.toAbsolutePath().normalize())) {
                throw new InputException(
                        ErrorCode.CONFLICTING_SETTINGS, "%s is named twice: name each run once.", path);
            }
        }
        CompareJob job = new CompareJob(side);
        for (Path path : paths) {
            job.runs.add(job.open(path, threads, cache, listener));
            job.requireSamePhotos(job.runs.get(0), job.runs.get(job.runs.size() - 1));
        }
        return job.compare(seed);
    }

    private String word() {
        return side.name().toLowerCase(Locale.ROOT);
    }

    private Answered open(Path path, int threads, Path cache, JobListener listener) {
        RunFolder run = RunFolder.open(path);
        List<String> classes = run.classes();
        TreeMap<String, PhotoAnswer> answers = new TreeMap<>();
        for (PhotoAnswer answer : run.answers().orElseGet(() -> judge(path, classes, threads, cache, listener))) {
            if (answer.side().equals(word())) {
                answers.put(Names.nfc(answer.path()), answer);
            }
        }
        if (answers.isEmpty()) {
            throw new InputException(
                    ErrorCode.TOO_FEW,
                    "The run in %s has no %s photos: choose another %s.",
                    path,
                    word(),
                    Setting.SPLIT);
        }
        return new Answered(run, run.config(), classes, answers);
    }

    /** For a run from before answers were kept. */
    private List<PhotoAnswer> judge(Path path, List<String> classes, int threads, Path cache, JobListener listener) {
        try {
            Path folder = Files.createTempDirectory("meristem-compare");
            Path table = folder.resolve(RunFolder.PREDICTIONS);
            try {
                EvaluateJob.run(
                        EvaluateJob.Request.of(path)
                                .withPart(EvaluateJob.Part.valueOf(side.name()))
                                .withPredictions(table),
                        threads,
                        cache,
                        listener);
                return PredictionTable.read(table, classes);
            } finally {
                Files.deleteIfExists(table);
                Files.deleteIfExists(folder);
            }
        } catch (IOException e) {
            throw new InputException(
                    ErrorCode.NOT_WRITABLE,
                    e,
                    "The answers of %s cannot be kept in the system's folder for temporary files (%s): make room there.",
                    path,
                    InputFiles.reason(e));
        }
    }

    private void requireSamePhotos(Answered a, Answered b) {
        String pair = "The runs in " + a.run.path() + " and " + b.run.path();
        if (!a.classes.equals(b.classes)) {
            throw new InputException(
                    ErrorCode.MISMATCH,
                    "%s know other classes (%s; and %s): compare runs of one data set.",
                    pair,
                    String.join(", ", a.classes),
                    String.join(", ", b.classes));
        }
        long missing = a.answers.keySet().stream()
                .filter(path -> !b.answers.containsKey(path))
                .count();
        long extra = b.answers.size() - (a.answers.size() - missing);
        if (missing + extra > 0) {
            throw new InputException(
                    ErrorCode.MISMATCH,
                    "%s have other %s photos, %s of the first run's %s are not among the second's, and %s the other way round: train both with the same photos, split and %s.",
                    pair,
                    word(),
                    missing,
                    a.answers.size(),
                    extra,
                    Setting.SPLIT_SEED);
        }
        for (PhotoAnswer answer : a.answers.values()) {
            PhotoAnswer other = b.answers.get(Names.nfc(answer.path()));
            if (answer.label() != other.label()) {
                throw new InputException(
                        ErrorCode.MISMATCH,
                        "%s were given other true classes of %s (%s and %s): compare runs of one data set.",
                        pair,
                        answer.path(),
                        a.classes.get(answer.label()),
                        b.classes.get(other.label()));
            }
        }
        String print = a.run.provenance().dataFingerprint();
        boolean sameFolder = a.config.data().folder() != null
                && a.config.data().folder().equals(b.config.data().folder());
        if (!sameFolder && (print == null || !print.equals(b.run.provenance().dataFingerprint()))) {
            throw new InputException(
                    ErrorCode.MISMATCH,
                    "%s have %s photos of the same names from folders whose contents differ (data_fingerprint in %s): train both on the same photos.",
                    pair,
                    word(),
                    RunFolder.PROVENANCE);
        }
    }

    private Comparison compare(long seed) {
        Answered first = runs.get(0);
        List<Comparison.Entry> entries = new ArrayList<>();
        List<Paired> counts = new ArrayList<>();
        for (Answered run : runs) {
            int photos = run.answers.size();
            entries.add(new Comparison.Entry(
                    run.run.path(),
                    run.config.model().name(),
                    run.config.train().label(),
                    run.config.train().seed(),
                    run.right(),
                    (double) run.right() / photos,
                    Interval.wilson(run.right(), photos)));
            counts.add(Paired.of(first.rights(), run.rights()));
        }
        double[] p = counts.stream().skip(1).mapToDouble(Paired::mcnemar).toArray();
        double[] holm = Paired.holm(p);
        List<Comparison.Pair> pairs = new ArrayList<>();
        for (int i = 1; i < runs.size(); i++) {
            Paired pair = counts.get(i);
            pairs.add(new Comparison.Pair(
                    first.run.path(),
                    runs.get(i).run.path(),
                    pair,
                    pair.difference(),
                    pair.bootstrap(seed),
                    p[i - 1],
                    holm[i - 1],
                    byClass(first, runs.get(i)),
                    differing(first, runs.get(i))));
        }
        return new Comparison(word(), first.answers.size(), seed, entries, pairs, cautions());
    }

    private static List<Comparison.ByClass> byClass(Answered a, Answered b) {
        int[][] counts = new int[a.classes.size()][3];
        a.answers.forEach((path, answer) -> {
            int[] count = counts[answer.label()];
            count[0]++;
            count[1] += answer.right() ? 1 : 0;
            count[2] += b.answers.get(path).right() ? 1 : 0;
        });
        List<Comparison.ByClass> classes = new ArrayList<>();
        for (int c = 0; c < counts.length; c++) {
            int[] n = counts[c];
            classes.add(new Comparison.ByClass(
                    a.classes.get(c), n[0], n[1], n[2], n[0] == 0 ? null : (double) (n[2] - n[1]) / n[0]));
        }
        return classes;
    }

    private static List<Comparison.Differing> differing(Answered a, Answered b) {
        List<Comparison.Differing> photos = new ArrayList<>();
        a.answers.forEach((path, answer) -> {
            int other = b.answers.get(path).predicted();
            if (answer.predicted() != other) {
                photos.add(new Comparison.Differing(
                        path, a.classes.get(answer.label()), a.classes.get(answer.predicted()), a.classes.get(other)));
            }
        });
        return photos;
    }

    private List<Message> cautions() {
        List<Message> cautions = new ArrayList<>();
        if (side == Split.TEST) {
            cautions.add(Message.of(
                    "Choosing one of these runs by its test figures makes its figure too good: choose with %s, then look at the test photos of the one that was chosen.",
                    Setting.SPLIT.the("val")));
            runs.forEach(
                    run -> TestUse.note(run.run, "compare", run.answers.size()).ifPresent(cautions::add));
        } else {
            cautions.add(Message.of(
                    "Each run's best epoch was chosen on these validation photos, which flatters all of them alike."));
        }
        if (runs.stream().map(run -> run.config.train().seed()).distinct().count() <= 1) {
            cautions.add(Message.of(
                    "These are single runs of one seed: the interval says what other photos would change, not what another seed would; %s compares over seeds.",
                    Action.STUDY));
        }
        return cautions;
    }
}
